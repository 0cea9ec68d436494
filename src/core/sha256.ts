/** SHA-256 in hexadecimal digits, by what browsers have, too. */
export async function sha256(bytes: Uint8Array | Float32Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
