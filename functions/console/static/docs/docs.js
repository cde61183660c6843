// Shows the OpenAPI document of this stage. "none" keeps Swagger UI from sending it to an external validator.
SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: "none",
});
