/**
 * floor(total × rate), exact in decimals: as binary fractions, 100 × 0.29 is 28.999999999999996.
 *
 * @param rate in [0, 1): at least one event of any stays unique
 */
export function duplicateCount(total: number, rate: number): number {
  // The shortest decimal that stands for this number, which is the one that was written in the setting.
  const [mantissa = '', exponent] = rate.toExponential().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const decimals = BigInt(fraction.length - Number(exponent));
  return Number((BigInt(total) * BigInt(whole + fraction)) / 10n ** decimals);
}
