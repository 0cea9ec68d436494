import { UserError } from '../core/errors.js';
import type { GradientRule } from './grad/rule.js';
import { isKnownOp, MICROSOFT_DOMAIN } from './ops.js';
import type { ShapeRule } from './shapes/rule.js';

/** An operator that ONNX Runtime has and onecycle does not know. */
export interface CustomOperator {
  /** As ONNX Runtime has it: `Softsign`, or `com.microsoft:QuickGelu`. */
  readonly name: string;
  /** The type of each output, from what is known of the inputs. */
  readonly types: ShapeRule;
  /** The gradient with regard to each input, from that of the outputs; undefined for inputs that have none. */
  readonly gradient: GradientRule;
}

const registered = new Map<string, CustomOperator>();

/**
 * Makes an operator known, for networks of one's own and for ONNX files: from then on it may stand anywhere in a graph.
 *
 * @throws {UserError} if another operator has its name, or ONNX Runtime has no such domain
 */
export function registerOperator(operator: CustomOperator): void {
  const { name } = operator;
  const [domain = ''] = name.includes(':') ? name.split(':') : [];
  if (!/^([\w.]+:)?\w+$/.test(name) || !['', MICROSOFT_DOMAIN].includes(domain)) {
    throw new UserError(
      `${JSON.stringify(name)} cannot be an operator's name: it is one of ONNX's, such as "Softsign", or "${MICROSOFT_DOMAIN}:NAME"`,
    );
  }
  const there = registered.get(name);
  if (isKnownOp(name) || (there !== undefined && there !== operator)) {
    throw new UserError(`there is an operator ${name} already`);
  }
  registered.set(name, operator);
}

/** What was registered under a key, `op` or `domain:op`. */
export function customOperator(key: string): CustomOperator | undefined {
  return registered.get(key);
}

/** Whether shapes and gradients of an operator are known. */
export function isSupportedOp(key: string): boolean {
  return isKnownOp(key) || registered.has(key);
}
