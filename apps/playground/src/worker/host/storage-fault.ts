/** The reason why a browser keeps no files for this page, with what to do about it; `undefined` where it does. */
export async function storageFault(): Promise<string | undefined> {
  if (!isSecureContext) {
    return (
      'At this address a browser keeps no files for a page, and has no WebGPU for it. ' +
      'Open the playground at an address that begins with https://, or at localhost.'
    );
  }
  try {
    await navigator.storage.getDirectory();
    return undefined;
  } catch (error) {
    return (
      `This browser keeps no files for this page, where its runs would be (${String(error)}). ` +
      'Allow the site to store data, or leave the private window, and load the page again.'
    );
  }
}
