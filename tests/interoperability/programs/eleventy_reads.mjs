// Reads the webmentions of a domain by eleventy-cache-webmentions and prints them as JSON: DOMAIN FEED CACHE-FOLDER PAGE.
import { defaults, getByType, getWebmentions, webmentionsByURL } from "@chrisburnell/eleventy-cache-webmentions";

const [domain, feed, cacheDirectory, page] = process.argv.slice(2);
const options = { ...defaults, domain, feed, key: "children", cacheDirectory, refresh: true };
const all = Object.values(await webmentionsByURL(options)).flat();
const ofPage = await getWebmentions(options, page);
console.log(
  "\n" + JSON.stringify({ all: all.length, page: ofPage, replies: getByType(ofPage, "in-reply-to").length }),
);
