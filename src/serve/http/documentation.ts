import { createHash } from 'node:crypto';
import { Router } from 'express';
import helmet from 'helmet';
import { DOCS_STYLE, renderDocs } from './docs-page.js';
import { createOpenApi } from './openapi.js';

/** `/openapi.json` and `/docs`, both made once; `/` leads to the latter. */
export function documentation(): Router {
  const document = createOpenApi();
  const json = JSON.stringify(document);
  const page = renderDocs(document);
  const style = `'sha256-${createHash('sha256').update(DOCS_STYLE).digest('base64')}'`;
  const secure = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], styleSrc: [style] } },
  });
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/', (_request, response) => response.redirect('/docs'));
  router.get('/openapi.json', (_request, response) => void response.type('json').send(json));
  router.get('/docs', secure, (_request, response) => void response.type('html').send(page));
  return router;
}
