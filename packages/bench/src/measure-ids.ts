export const MEASURE_IDS = ['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'B8', 'B9', 'B10'] as const;
export type MeasureId = (typeof MEASURE_IDS)[number];
