"""What the conformance suite wants to find at a server, behind rig's HTTP face: `python -m tests.mcp.conformance_server`.

rig itself offers no images, forms or subscriptions; here the SDK's server does, so that the guard, the transport and the
way it is run are held against the whole suite. The port is printed once it listens.
"""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from typing import Any

import mcp_types as t
from mcp import MCPError
from mcp.server import Server

from rigcli.cli.serve.address import Address
from rigcli.cli.serve.mcp_wires import over_http

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA=="
TEXT = {"type": "string"}
FORM = {"type": "object", "properties": {"username": TEXT, "email": TEXT}, "required": ["username", "email"]}
DEFAULTS = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}


def titled(first: str, second: str, third: str) -> list[dict[str, str]]:
    return [{"const": f"value{n}", "title": title} for n, title in enumerate((first, second, third), 1)]


OPTIONS = ["option1", "option2", "option3"]
ENUMS = {
    "untitledSingle": {"type": "string", "enum": OPTIONS},
    "titledSingle": {"type": "string", "oneOf": titled("First Option", "Second Option", "Third Option")},
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": OPTIONS}},
    "titledMulti": {"type": "array", "items": {"anyOf": titled("First Choice", "Second Choice", "Third Choice")}},
}  # fmt: skip


def text(words: str) -> t.TextContent:
    return t.TextContent(type="text", text=words)


def image() -> t.ImageContent:
    return t.ImageContent(type="image", data=PNG, mime_type="image/png")


def embedded(uri: str, kind: str, words: str) -> t.EmbeddedResource:
    return t.EmbeddedResource(type="resource", resource=t.TextResourceContents(uri=uri, mime_type=kind, text=words))


async def elicit(context: Any, message: str, schema: dict[str, Any]) -> str:
    found = await context.session.elicit_form(message, schema, context.request_id)
    return f"action={found.action}, content={json.dumps(found.content)}"


async def call(context: Any, params: Any) -> t.CallToolResult:  # noqa: C901, PLR0912  one arm a tool of the suite
    name, given, session = params.name, params.arguments or {}, context.session
    content: list[Any] = [text(f"{name} is done")]
    match name:
        case "test_simple_text":
            content = [text("This is a simple text response for testing.")]
        case "test_image_content":
            content = [image()]
        case "test_audio_content":
            content = [t.AudioContent(type="audio", data=WAV, mime_type="audio/wav")]
        case "test_embedded_resource":
            content = [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]
        case "test_multiple_content_types":
            data = embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
            content = [text("Multiple content types test:"), image(), data]
        case "test_tool_with_logging":
            for said in ("Tool execution started", "Tool processing data", "Tool execution completed"):
                await session.send_log_message("info", said, related_request_id=context.request_id)
                await asyncio.sleep(0.05)
        case "test_tool_with_progress":
            for done in (0, 50, 100):
                await session.report_progress(done, 100)
                await asyncio.sleep(0.05)
        case "test_error_handling":
            return t.CallToolResult(
                content=[text("This tool intentionally returns an error for testing")], is_error=True
            )
        case "test_sampling":
            asked = t.SamplingMessage(role="user", content=text(given["prompt"]))
            answer = await session.create_message([asked], max_tokens=100, related_request_id=context.request_id)
            content = [text(f"LLM response: {answer.content.text}")]
        case "test_elicitation":
            content = [text("User response: " + await elicit(context, given["message"], FORM))]
        case "test_elicitation_sep1034_defaults":
            form = {"type": "object", "properties": DEFAULTS, "required": []}
            content = [text("Elicitation completed: " + await elicit(context, "Defaults?", form))]
        case "test_elicitation_sep1330_enums":
            form = {"type": "object", "properties": ENUMS, "required": []}
            content = [text("Elicitation completed: " + await elicit(context, "Enums?", form))]
        case _:
            raise MCPError(-32602, f"unknown tool {name}")
    return t.CallToolResult(content=content)


PLAIN = ["simple_text", "image_content", "audio_content", "embedded_resource", "multiple_content_types", "tool_with_logging", "tool_with_progress", "error_handling", "elicitation_sep1034_defaults", "elicitation_sep1330_enums"]  # fmt: skip


async def tools(context: Any, params: Any) -> t.ListToolsResult:
    none = {"type": "object", "properties": {}}
    found = [t.Tool(name=f"test_{name}", description=f"Test {name}", input_schema=none) for name in PLAIN]
    for name, argument in (("test_sampling", "prompt"), ("test_elicitation", "message")):
        schema = {"type": "object", "properties": {argument: TEXT}, "required": [argument]}
        found.append(t.Tool(name=name, description=f"Test {name}", input_schema=schema))
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {"type": "object", "properties": {"street": TEXT, "city": TEXT}}},
        "properties": {"name": TEXT, "address": {"$ref": "#/$defs/address"}},
        "additionalProperties": False,
    }
    return t.ListToolsResult(
        tools=[*found, t.Tool(name="json_schema_2020_12_tool", description="2020-12", input_schema=schema)]
    )


async def resources(context: Any, params: Any) -> t.ListResourcesResult:
    kinds = {"static-text": "text/plain", "static-binary": "image/png", "watched-resource": "text/plain"}
    return t.ListResourcesResult(
        resources=[t.Resource(uri=f"test://{name}", name=name, description=name, mime_type=kind) for name, kind in kinds.items()]
    )  # fmt: skip


async def templates(context: Any, params: Any) -> t.ListResourceTemplatesResult:
    return t.ListResourceTemplatesResult(
        resource_templates=[t.ResourceTemplate(uri_template="test://template/{id}/data", name="data", mime_type="application/json")]
    )  # fmt: skip


async def read(context: Any, params: Any) -> t.ReadResourceResult:
    uri = str(params.uri)
    if uri == "test://static-binary":
        return t.ReadResourceResult(contents=[t.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)])
    kind, words = "text/plain", "This is the content of the static text resource."
    if uri.startswith("test://template/"):
        own = uri.split("/")[3]
        kind, words = "application/json", json.dumps({"id": own, "templateTest": True, "data": f"Data for ID: {own}"})
    return t.ReadResourceResult(contents=[t.TextResourceContents(uri=uri, mime_type=kind, text=words)])


PROMPTS: dict[str, list[str]] = {
    "test_simple_prompt": [],
    "test_prompt_with_arguments": ["arg1", "arg2"],
    "test_prompt_with_embedded_resource": ["resourceUri"],
    "test_prompt_with_image": [],
}


async def prompts(context: Any, params: Any) -> t.ListPromptsResult:
    return t.ListPromptsResult(
        prompts=[
            t.Prompt(name=name, description=name, arguments=[t.PromptArgument(name=n, description=n, required=True) for n in names])
            for name, names in PROMPTS.items()
        ]
    )  # fmt: skip


async def prompt(context: Any, params: Any) -> t.GetPromptResult:
    given = params.arguments or {}
    content: dict[str, list[Any]] = {
        "test_simple_prompt": [text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments": [text(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")],
        "test_prompt_with_embedded_resource": [
            embedded(given.get("resourceUri", "test://x"), "text/plain", "Embedded resource content for testing."),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image": [image(), text("Please analyze the image above.")],
    }  # fmt: skip
    return t.GetPromptResult(messages=[t.PromptMessage(role="user", content=each) for each in content[params.name]])


async def complete(context: Any, params: Any) -> t.CompleteResult:
    return t.CompleteResult(completion=t.Completion(values=[], total=0, has_more=False))


async def nothing(context: Any, params: Any) -> t.EmptyResult:
    return t.EmptyResult()


async def main() -> None:
    warnings.simplefilter("ignore")
    server: Any = Server(
        "conformance",
        version="1",
        on_list_tools=tools,
        on_call_tool=call,
        on_list_resources=resources,
        on_list_resource_templates=templates,
        on_read_resource=read,
        on_subscribe_resource=nothing,
        on_unsubscribe_resource=nothing,
        on_list_prompts=prompts,
        on_get_prompt=prompt,
        on_completion=complete,
        on_set_logging_level=nothing,
    )
    listening = Address("127.0.0.1", 0).listen()
    port = listening.getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await over_http(server, Address("127.0.0.1", port), listening, None)


if __name__ == "__main__":
    asyncio.run(main())
