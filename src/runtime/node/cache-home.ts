import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder for things that can be made again: `ONECYCLE_HOME` if set, else `onecycle` in the platform's cache folder
 * (`$XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`).
 */
export function cacheHome(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (env.ONECYCLE_HOME) return env.ONECYCLE_HOME;
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'onecycle');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'onecycle');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'onecycle');
}
