"""A template loader that draws what never changes once.

A translated word, the address of a page, a static file's name: within one language
each comes out the same on every page, and took most of the time in which a page was
drawn. The loader joins such tags with the text around them into one piece that is
drawn for each language once. Templates are written as ever.
"""

from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.template import Context, Origin, Template
from django.template.base import FilterExpression, Node, NodeList, TextNode, Variable
from django.template.defaulttags import IfNode, URLNode
from django.template.loaders import cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language


class Loader(cached.Loader):
    """Django's cached loader, with what is constant folded."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Any:
        is_new = self.cache_key(template_name, skip) not in self.get_template_cache
        template: Template = super().get_template(template_name, skip)
        if is_new and not settings.DEBUG:
            template.nodelist = folded(template.nodelist)
        return template


class Constant(Node):
    """Text and tags that come out the same for everybody who reads a language."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.has_files = any(isinstance(node, StaticNode) for node in nodes)
        self.drawn: dict[tuple[object, ...], SafeString] = {}
        self.token = nodes[0].token
        self.origin = nodes[0].origin

    def render(self, context: Context) -> SafeString:
        files = storages["staticfiles"] if self.has_files else None
        key = (get_language(), get_script_prefix(), files)
        found = self.drawn.get(key)
        if found is None:
            parts = (str(node.render_annotated(context)) for node in self.nodes)
            found = self.drawn[key] = SafeString("".join(parts))
        return found


class Folded(NodeList):
    """Nodes that do not change any more, and know which kinds are among them.

    A page looks through all nodes of the template that it extends, for its blocks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.of_type: dict[type[Node], list[Node]] = {}

    def get_nodes_by_type(self, nodetype: type[Node]) -> list[Any]:
        if nodetype not in self.of_type:
            self.of_type[nodetype] = super().get_nodes_by_type(nodetype)
        return self.of_type[nodetype]


def folded(nodes: NodeList) -> NodeList:
    """The same nodes, those that are constant joined, and likewise within each."""
    made = Folded()
    made.contains_nontext = nodes.contains_nontext
    run: list[Node] = []
    for node in [*nodes, None]:
        if node is not None and is_constant(node):
            run.append(node)
            continue
        # Text alone is as fast as it is.
        is_worth_it = any(not isinstance(each, TextNode) for each in run)
        made.extend([Constant(run)] if is_worth_it else run)
        run = []
        if node is not None:
            _fold_within(node)
            made.append(node)
    return made


def _fold_within(node: Node) -> None:
    if isinstance(node, IfNode):
        branches = node.conditions_nodelists
        node.conditions_nodelists = [(test, folded(inner)) for test, inner in branches]
        return
    for name in node.child_nodelists:
        if isinstance(inner := getattr(node, name, None), NodeList):
            setattr(node, name, folded(inner))


def is_constant(node: Node) -> bool:
    """Whether a node depends on nothing but the language."""
    match node:
        case TextNode():
            return True
        case TranslateNode():
            return (
                not node.asvar
                and not node.message_context
                and _is_literal(node.filter_expression)
            )
        case URLNode():
            arguments = [node.view_name, *node.args, *node.kwargs.values()]
            return not node.asvar and all(map(_is_literal, arguments))
        case StaticNode():
            return not node.varname and _is_literal(node.path)
    return False


def _is_literal(value: FilterExpression) -> bool:
    return not value.filters and (
        not isinstance(value.var, Variable) or value.var.lookups is None
    )
