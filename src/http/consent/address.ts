/** The page on which people give fields of theirs, of one source. */
export function consentUrl(publicUrl: string, sourceId: string): string {
  return `${publicUrl}/wecom/consent/${sourceId}`;
}

/**
 * The state that an address of WeCom's page has which is sent to people as it is: whoever comes back with it begins on our
 * page, and the code that he brings is not used.
 */
export const openState = "begin";
