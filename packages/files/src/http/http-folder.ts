import { isAttuneError } from '@attune/core';
import { hashSource } from '../bytes/sha256.js';
import type { Folder } from '../folder/folder.js';
import { httpFile, type HttpFileOptions } from './http-file.js';

/** A folder on a server. @param url of the folder. */
export function httpFolder(url: string, options: HttpFileOptions = {}): Folder {
  const base = url.endsWith('/') ? url : `${url}/`;
  const open = (file: string, fix?: string) => httpFile(base + file, options, fix);
  return {
    name: url,
    list: async () => undefined,
    async has(file) {
      try {
        await (await open(file)).close();
        return true;
      } catch (error) {
        if (isAttuneError(error, 'FILE_NOT_FOUND')) return false;
        throw error;
      }
    },
    open,
    sha256: async (file) => hashSource(await open(file)),
    folder: (name) => httpFolder(`${base}${name}/`, options),
  };
}
