/** Everything that a program imports from `onecycle`. */
export {
  type AuditFile,
  type AuditSplit,
  type CheckDataOptions,
  type ClassBalance,
  checkData,
  type DataReport,
  type Finding,
  type FindingKind,
  type LabelModel,
  type ModelVerdict,
  type Spread,
} from './audit/index.js';
export { cnnLearner } from './cnn-learner.js';
export { UserError } from './core/errors.js';
export { Rng } from './core/rng.js';
export * from './data/index.js';
export {
  type ChartOption,
  type LineChartData,
  linePlot,
  Plot,
  type PlotParts,
  type PlotTheme,
  type SvgOptions,
  Table,
  type TextSize,
} from './display/index.js';
export type { Loss, LossInputs, LossTerms } from './engine/loss.js';
export * from './engine/losses/index.js';
export { blended, decayed, type Optimizer, penalised, type Updated, type UpdateInputs } from './engine/optimizer.js';
export {
  type AdamOptions,
  adam,
  adamw,
  type LambOptions,
  type LionOptions,
  type LookaheadOptions,
  lamb,
  lion,
  lookahead,
  type OptimizerName,
  type RadamOptions,
  type RmspropOptions,
  radam,
  ranger,
  rmsprop,
  type SgdOptions,
  sgd,
} from './engine/optimizers/index.js';
export type { GroupSummary, LayerSummary, NetworkSummary } from './engine/summary.js';
export { type ExportedNetwork, exportedNetwork } from './exported-network.js';
export type { GraphBuilder } from './graph/builder.js';
export { type CustomOperator, registerOperator } from './graph/custom-operators.js';
export type { GradientContext, GradientRule } from './graph/grad/rule.js';
export type { ShapeContext, ShapeRule, TensorType } from './graph/shapes/index.js';
export type { Value } from './graph/types.js';
export {
  type Calibration,
  ClassificationInterpretation,
  type ClassReport,
  type ClassRow,
  type ClassScores,
  type CleaningOptions,
  type CleaningRow,
  type Confusion,
  type ConfusionMatrix,
  cleaningList,
  type HeatMap,
  type HeatMapNetwork,
  heatMap,
  type Interpreted,
  type LabelIssue,
  labelIssues,
  type Normalize,
  type PictureHeatMap,
  type Reliability,
  type ReliabilityBin,
  type TemperatureFit,
  type TopAnswer,
  type TopLoss,
  type TtaGain,
} from './interpret/index.js';
export { listModels, type ModelInfo, modelSummary, type SummaryOptions, type WeightsState } from './model-catalog.js';
export { models } from './models.js';
export type { Architecture, ImportedNetwork, Preprocessing, PretrainedConfig, WeightFile } from './nn/architecture.js';
export type {
  Activation,
  ConvOptions,
  Forward,
  Initialiser,
  NormOptions,
  ParameterKind,
  PoolOptions,
} from './nn/forward.js';
export type { OnnxOptions } from './nn/imported/index.js';
export { type ConvNormOptions, convNormActivation, numbered, squeezeExcitation } from './nn/models/blocks.js';
export { modelByName } from './nn/models/index.js';
export { type InvertedResidualOptions, invertedResidual } from './nn/models/inverted-residual.js';
export type { LoadedWeights, WeightFormat } from './nn/weights/read.js';
export {
  plotMultiTopLosses,
  plotTopLosses,
  type TopLossesOptions,
  type TopLossPicture,
  topLossPictures,
} from './plot-top-losses.js';
export { CSVLogger, cleaningCsv, PictureSheet, ShowGraph, summaryTable } from './report/index.js';
export type { DownloadProgress, OnDownload } from './runtime/download.js';
export { type SavePlotOptions, savePlot } from './save-plot.js';
export { type ShowBatchOptions, showBatch } from './show-batch.js';
export type { Callback, CallbackLearner, EpochResult, SideWork, TrainingState } from './train/callback.js';
export * from './train/callbacks/index.js';
export { type Estimate, estimate } from './train/intervals/index.js';
export type {
  ExportOptions,
  FineTuneOptions,
  FitFlatCosOptions,
  FitOneCycleOptions,
  FitOptions,
  FitOutcome,
  FitPosition,
  FitScheduledOptions,
  FitSgdrOptions,
  LabelledPredictions,
  LearnerOptions,
  PlainPredictions,
  Prediction,
  ValidationResult,
} from './train/learner.js';
export { Learner } from './train/learner.js';
export type { LrFinding, LrFindOptions, LrFindResult } from './train/lr-finder.js';
export * from './train/metrics/index.js';
export {
  type LrFindPlotOptions,
  type LrPlotOptions,
  lossesPlot,
  lrFindPlot,
  lrPlot,
  metricsPlot,
} from './train/plots/index.js';
export { type Rates, slice, type WeightDecay } from './train/rates.js';
export {
  RECIPE_DEFAULTS,
  type RecipeOptions,
  type RecipeOutcome,
  type RecipeProgress,
  resumeRecipe,
  runRecipe,
} from './train/recipe.js';
export { type History, Recorder } from './train/recorder.js';
export * as schedules from './train/schedules.js';
export { minimum, type SuggestFunc, slide, steep, valley } from './train/suggestions.js';
export { readWeights } from './weights.js';
