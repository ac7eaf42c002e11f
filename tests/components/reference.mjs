// What Python computed with libraries that we did not write, and documents of a page.

import { readFileSync } from "node:fs";

export const reference = JSON.parse(readFileSync(process.env.REFERENCE, "utf8"));

export const documentOf = (name) =>
  (name in reference.documents ? JSON.stringify(reference.documents[name]) : null);
