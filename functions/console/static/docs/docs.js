// Shows the document that lies beside this page. Nobody else's server is asked to judge it.
SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: "none",
});
