"""The app webhook: delivers change events to an application by HTTPS."""
