/** Of products that have a host per region. Throws TypeError without a region. */
export const regionalHost =
  (product: string) =>
  (region: string | undefined): string => {
    if (region === undefined)
      throw new TypeError(`give an endpoint, or a region to use ${product} of the vendor`);
    return `${product}.${region}.aliyuncs.com`;
  };

/** Of products that have one for all regions, and of those that have both kinds. */
export const globalHost = (product: string) => (): string => `${product}.aliyuncs.com`;
export const anyHost =
  (product: string) =>
  (region: string | undefined): string =>
    region === undefined ? globalHost(product)() : regionalHost(product)(region);
