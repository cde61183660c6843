"""The routes of the API: those of the api function's resolver, and those that the template gives to functions."""

from functions.api.app import app
from tools.local_cloud.template import load_template

Route = tuple[str, str]
"""Its method and its path."""

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_PROXY = "/api/{proxy+}"


def resolver_routes() -> list[Route]:
    """Return the resolver's routes, without those that only reject a method."""
    paths = app.get_openapi_schema(title="", version="").paths or {}
    return [
        (method.upper(), path)
        for path, item in paths.items()
        for method in _METHODS
        if getattr(item, method) is not None
    ]


def template_routes() -> list[Route]:
    """Return the routes of API Gateway that bypass the resolver."""
    resources = load_template()["Resources"].values()
    functions = (each["Properties"] for each in resources if each["Type"] == "AWS::Serverless::Function")
    events = (event for function in functions for event in function.get("Events", {}).values())
    routes = (event["Properties"] for event in events if event["Type"] == "Api")
    return [(route["Method"], route["Path"]) for route in routes if route["Path"] != _PROXY]
