/** Cases that fail, by title, and why they are left so. Each is a fault that is not mended yet. */
export const known = {};
