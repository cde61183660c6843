// Swagger UI has its own dark colors under this class. The system's scheme selects them.
const darkScheme = matchMedia("(prefers-color-scheme: dark)");
const followScheme = () => document.documentElement.classList.toggle("dark-mode", darkScheme.matches);
darkScheme.addEventListener("change", followScheme);
followScheme();

// Shows the OpenAPI document of this stage. "none" keeps Swagger UI from sending it to an external validator.
SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: "none",
});
