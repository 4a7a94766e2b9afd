declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  /** Show the API that `url` describes inside the element that `dom_id` names. */
  export default function SwaggerUI(options: {
    url: string;
    dom_id: string;
    deepLinking: boolean;
    defaultModelsExpandDepth: number;
  }): unknown;
}
