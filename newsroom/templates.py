"""A template loader that draws what never changes once.

A translated word, the address of a page, a static file's name, the name of the site:
within one language each comes out the same on every page, and took most of the time
in which a page was drawn. The loader puts a template together with those it extends
and includes (``newsroom/flattening.py``), and joins such tags with the text around
them into one piece that is drawn for each language once. Templates are written as
ever.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.template import Context, Engine, Origin, Template, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    TextNode,
    TokenType,
    Variable,
    VariableNode,
)
from django.template.defaulttags import (
    CommentNode,
    IfNode,
    LoadNode,
    URLNode,
)
from django.template.loaders import cached
from django.template.smartif import TokenBase
from django.templatetags.i18n import (
    BlockTranslateNode,
    LanguageNode,
    TranslateNode,
)
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from .flattening import flat, is_literal, literals


class Loader(cached.Loader):
    """Django's cached loader, with templates put together and what is constant folded.

    ``settled`` are the names of variables of the context whose values hardly ever
    differ from one page to another.
    """

    def __init__(
        self, engine: Engine, loaders: list[Any], settled: Iterable[str] = ()
    ) -> None:
        super().__init__(engine, loaders)
        self.settled = frozenset(settled)
        self.loading: set[str] = set()

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Any:
        key = self.cache_key(template_name, skip)
        is_new = key not in self.get_template_cache
        template: Template = super().get_template(template_name, skip)
        if is_new and not settings.DEBUG and key not in self.loading:
            self.loading.add(key)
            try:
                self._put_together(template, skip or [])
            finally:
                self.loading.discard(key)
        return template

    def _put_together(self, template: Template, skip: list[Origin]) -> None:
        def parent(name: str) -> Template:
            return self._found(name, [*skip, template.origin])

        nodes = flat(template.nodelist, parent, self._found)
        template.nodelist = folded(nodes, self.settled)

    def _found(self, name: str, skip: list[Origin] | None = None) -> Template:
        """A template that is ready; one that includes itself never is."""
        if self.cache_key(name, skip) in self.loading:
            raise TemplateDoesNotExist(name)
        found: Template = self.get_template(name, skip)
        return found


#: Texts that one constant keeps, by language and settled values: a theme may give a
#: settled name to something that differs from page to page.
MOST_DRAWN = 500


class Constant(Node):
    """Text and tags that come out the same for everybody who reads a language.

    ``names`` are the variables on which they depend beside it.
    """

    is_constant = True

    def __init__(self, nodes: list[Node], names: Iterable[str] = ()) -> None:
        self.nodes = nodes
        self.names = tuple(sorted(names))
        self.drawn: dict[tuple[object, ...], SafeString] = {}
        self.token = nodes[0].token
        self.origin = nodes[0].origin

    def render(self, context: Context) -> SafeString:
        values = [context.get(name, _NOTHING) for name in self.names]
        kinds = tuple(map(type, values))
        if not _SETTLED.issuperset(kinds):
            return self._draw(context)
        key = (*_key(context), kinds, *values)
        found = self.drawn.get(key)
        if found is None:
            if len(self.drawn) >= MOST_DRAWN:
                self.drawn.clear()
            found = self.drawn[key] = self._draw(context)
        return found

    def _draw(self, context: Context) -> SafeString:
        parts = (str(node.render_annotated(context)) for node in self.nodes)
        return SafeString("".join(parts))


class Assigned(Node):
    """A constant that is set as a variable (``{% translate … as … %}``)."""

    def __init__(self, node: TranslateNode | URLNode, name: str) -> None:
        self.token, self.origin = node.token, node.origin
        self.node, self.name = node, name
        self.found: dict[tuple[object, ...], object] = {}

    def render(self, context: Context) -> SafeString:
        key = (
            context.render_context.get(_GROUND) or _ground(context),
            context.autoescape,
        )
        if key not in self.found:
            self.node.render(context)
            self.found[key] = context[self.name]
        context[self.name] = self.found[key]
        return SafeString("")


#: Where a context remembers what all constants of a template depend on.
_GROUND = "ground_of_constants"


#: Stands for a variable that is not there.
_NOTHING = object()
#: Types of values that are drawn alike where they are the same.
_SETTLED = frozenset({str, SafeString, bool, type(None), object})


def _key(context: Context) -> tuple[object, ...]:
    """What all constants depend on: the ground, and how values are written."""
    ground = context.render_context.get(_GROUND) or _ground(context)
    return ground, context.autoescape, context.use_l10n


def _ground(context: Context) -> tuple[object, ...]:
    """Looked up once for each template: for each constant it was a tenth of a page."""
    found = (get_language(), get_script_prefix(), storages["staticfiles"])
    context.render_context[_GROUND] = found
    return found


class Spoken(LanguageNode):
    """``{% language %}``: what stands in it depends on another language."""

    def render(self, context: Context) -> SafeString:
        outside = _ground(context)
        context.render_context[_GROUND] = None
        try:
            return SafeString(super().render(context))
        finally:
            context.render_context[_GROUND] = outside


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


def folded(nodes: NodeList, settled: frozenset[str] = frozenset()) -> NodeList:
    """The same nodes, those that are constant joined, and likewise within each.

    Constant is what depends on the language, and on variables that are ``settled``.
    """
    made = Folded()
    made.contains_nontext = nodes.contains_nontext
    run: list[Node] = []
    for node in [*nodes, None]:
        if node is not None and is_constant(node, settled):
            run.append(node)
            continue
        made.extend(_joined(run))
        run = []
        if node is not None:
            _fold_within(node, settled)
            made.append(_replaced(node))
    return made


def _replaced(node: Node) -> Node:
    if isinstance(node, LanguageNode):
        made = Spoken(node.nodelist, node.language)
        made.token, made.origin = node.token, node.origin
        return made
    if (
        isinstance(node, TranslateNode | URLNode)
        and node.asvar
        and is_written_out(node)
    ):
        return Assigned(node, node.asvar)
    return node


def _joined(run: list[Node]) -> list[Node]:
    # Text alone is as fast as it is.
    if all(isinstance(each, TextNode) for each in run):
        return run
    return [Constant(run, {name for each in run for name in names_in(each)})]


def _fold_within(node: Node, settled: frozenset[str]) -> None:
    if isinstance(node, IfNode):
        node.conditions_nodelists = [
            (test, folded(inner, settled)) for test, inner in node.conditions_nodelists
        ]
        return
    for name in node.child_nodelists:
        if isinstance(inner := getattr(node, name, None), NodeList):
            setattr(node, name, folded(inner, settled))


def is_constant(node: Node, settled: frozenset[str] = frozenset()) -> bool:
    """Whether a node depends on nothing but the language and what is settled."""
    match node:
        case TextNode() | CommentNode() | LoadNode() | Constant():
            return True
        case TranslateNode() | URLNode():
            return not node.asvar and is_written_out(node)
        case StaticNode():
            return not node.varname and _is_settled(node.path, settled)
        case VariableNode():
            return _is_settled(node.filter_expression, settled)
        case BlockTranslateNode():
            is_plain = not (node.asvar or node.extra_context or node.countervar)
            is_plain = is_plain and not node.message_context
            return is_plain and settled.issuperset(names_in(node))
        case IfNode():
            return all(
                _are_settled(test, settled)
                and all(is_constant(each, settled) for each in inner)
                for test, inner in node.conditions_nodelists
            )
    return False


def is_written_out(node: TranslateNode | URLNode) -> bool:
    """Whether words, or an address, stand in the template with all they are made of."""
    if isinstance(node, TranslateNode):
        return not node.message_context and is_literal(node.filter_expression)
    arguments = [node.view_name, *node.args, *node.kwargs.values()]
    return all(map(is_literal, arguments))


def _is_settled(value: Any, settled: frozenset[str]) -> bool:
    """Whether an expression is written out, or a settled variable as it is."""
    return is_literal(value) or (
        isinstance(value, FilterExpression)
        and not value.filters
        and isinstance(value.var, Variable)
        and value.var.lookups is not None
        and len(value.var.lookups) == 1
        and not value.var.translate
        and value.var.lookups[0] in settled
    )


def _are_settled(test: TokenBase | None, settled: frozenset[str]) -> bool:
    return all(_is_settled(each.value, settled) for each in literals(test))


def names_in(node: Node) -> Iterator[str]:
    """The variables that a constant node reads."""
    match node:
        case Constant():
            yield from node.names
        case VariableNode():
            yield from _names_of(node.filter_expression)
        case StaticNode():
            yield from _names_of(node.path)
        case BlockTranslateNode():
            for token in [*node.singular, *(node.plural or [])]:
                if token.token_type == TokenType.VAR:
                    yield token.contents
        case IfNode():
            for test, inner in node.conditions_nodelists:
                for literal in literals(test):
                    yield from _names_of(literal.value)
                for each in inner:
                    yield from names_in(each)


def _names_of(value: Any) -> Iterator[str]:
    if not is_literal(value):
        yield str(value.var.lookups[0])
