/** `maxBodyBytes` → `MAX_BODY_BYTES`: the environment variable that sets a property of a configuration. */
export function settingName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
