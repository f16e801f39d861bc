"""Templates put together when they are loaded, and not each time they are drawn.

``{% extends %}`` looks for the blocks of each page among those of its parents, and
``{% include %}`` for its template. Where the names are written out, the answer is
always the same. A template that was put together says what it said before; what
cannot be decided beforehand (a name from a variable, a block that asks for itself by
more than ``{{ block.super }}``) is left to Django.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.template import Context, Template, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    TextNode,
    Variable,
    VariableNode,
)
from django.template.defaulttags import (
    CycleNode,
    ForNode,
    IfChangedNode,
    IfNode,
    ResetCycleNode,
    TemplateLiteral,
    URLNode,
    WithNode,
)
from django.template.loader_tags import (
    BLOCK_CONTEXT_KEY,
    BlockNode,
    ExtendsNode,
    IncludeNode,
    construct_relative_path,
)
from django.template.smartif import TokenBase
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString

#: Finds a template by its name.
Find = Callable[[str], Template]
Blocks = Mapping[str, BlockNode]
#: What remembers something while one template is drawn, or looks for its blocks:
#: in a template that is included that starts anew.
_OF_ONE_TEMPLATE = (BlockNode, CycleNode, ExtendsNode, IfChangedNode, ResetCycleNode)


class Block(BlockNode):
    """A block in the place where it is drawn."""

    is_quiet = False

    def render(self, context: Context) -> SafeString:
        if BLOCK_CONTEXT_KEY in context.render_context:
            # Somebody extends this template by a name that was not written out.
            return super().render(context)
        if self.is_quiet:
            return self.nodelist.render(context)
        with context.push():
            return self.nodelist.render(context)


class Scope(Node):
    """Nodes with some variables of their own; what they set is gone after them."""

    child_nodelists = ("nodelist",)

    def __init__(
        self, node: Node, nodelist: NodeList, values: dict[str, FilterExpression]
    ) -> None:
        self.token, self.origin = node.token, node.origin
        self.nodelist, self.values = nodelist, values

    def render(self, context: Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self.values.items()}
        with context.push(**values):
            return self.nodelist.render(context)


def flat(nodes: NodeList, find_parent: Find, find: Find) -> NodeList:
    """The nodes of a template with those that it extends and includes.

    ``find_parent`` finds what it extends, ``find`` what it includes; both raise
    TemplateDoesNotExist where that is nothing that can be put together.
    """
    first = next((node for node in nodes if not isinstance(node, TextNode)), None)
    if not isinstance(first, ExtendsNode):
        return _placed(nodes, {}, find)
    is_plain = all(map(_is_plain, first.blocks.values()))
    parent = _named(first.parent_name, find_parent) if is_plain else None
    if parent is None or parent.nodelist.get_nodes_by_type(ExtendsNode):
        return nodes
    if _names_any(parent.nodelist):
        return nodes
    return _placed(parent.nodelist, dict(first.blocks), find)


def _named(name: Any, find: Find, beside: str | None = None) -> Template | None:
    """The template of a name that is written out; it may say where it is by ``./``."""
    if not is_literal(name):
        return None
    said = str(name.resolve(Context()))
    with suppress(TemplateDoesNotExist):
        return find(construct_relative_path(beside, said) if beside else said)
    return None


def _placed(nodes: NodeList, blocks: Blocks, find: Find) -> NodeList:
    """Copies of nodes with these blocks in the places of those of their names."""
    made = NodeList()
    made.contains_nontext = nodes.contains_nontext
    for node in nodes:
        if isinstance(node, BlockNode) and not _names_any(NodeList([node])):
            made.append(_block(node, blocks, find))
        elif isinstance(node, IncludeNode):
            made.extend(_included(node, find))
        else:
            made.append(_copied(node, lambda inner: _placed(inner, blocks, find)))
    return made


def _copied(node: Node, place: Callable[[NodeList], NodeList]) -> Node:
    """A node with other nodes in it, or itself where it holds none."""
    if isinstance(node, IfNode):
        choice = copy.copy(node)
        branches = node.conditions_nodelists
        choice.conditions_nodelists = [(test, place(each)) for test, each in branches]
        return choice
    names = [
        name
        for name in node.child_nodelists
        if isinstance(getattr(node, name, None), NodeList)
    ]
    made = copy.copy(node) if names else node
    for name in names:
        setattr(made, name, place(getattr(node, name)))
    return made


def _block(node: BlockNode, blocks: Blocks, find: Find) -> Block:
    given = blocks.get(node.name, node)
    made = Block(node.name, NodeList())
    made.token, made.origin = given.token, given.origin
    inner = _placed(given.nodelist, blocks, find)
    if given is not node:
        above = Scope(node, _placed(node.nodelist, blocks, find), {})
        # It stands for what its token says, and asks for no block any more.
        above.token = None
        inner = _with_super(inner, above)
    made.nodelist, made.is_quiet = inner, is_quiet(inner)
    return made


def _with_super(nodes: NodeList, above: Scope) -> NodeList:
    """Nodes with those of the parent's block where they name it."""
    made = NodeList()
    made.contains_nontext = nodes.contains_nontext
    for node in nodes:
        if _is_super(node):
            made.append(above)
        elif isinstance(node, BlockNode):
            made.append(node)
        else:
            made.append(_copied(node, lambda inner: _with_super(inner, above)))
    return made


def _is_super(node: Node) -> bool:
    return isinstance(node, VariableNode) and _said(node) == ["block.super"]


def _said(node: Node) -> list[str]:
    """What stands in the braces of a tag, and of those that go on with it."""
    said = [node.token.contents] if node.token else []
    if isinstance(node, IfNode):
        tests = [test for test, _nodes in node.conditions_nodelists]
        said += [value.text for test in tests for value in literals(test)]
    if isinstance(node, BlockTranslateNode):
        said += [token.contents for token in [*node.singular, *(node.plural or [])]]
    return said


def literals(test: TokenBase | None) -> Iterator[TemplateLiteral]:
    """The expressions of a condition; None is that of ``{% else %}``."""
    if isinstance(test, TemplateLiteral):
        yield test
    elif test is not None:
        for part in (test.first, test.second):
            yield from literals(part)


def _names_its_block(node: Node) -> bool:
    """Whether a tag may ask for the block that it stands in."""
    if isinstance(node, TextNode | BlockNode):
        return False
    return any(re.search(r"\bblock\b", said) for said in _said(node))


def _is_plain(block: BlockNode) -> bool:
    """Whether a block says nothing of itself but ``{{ block.super }}``, and none in it
    says that."""
    others = (node for node in _within(block.nodelist) if not _is_super(node))
    return not any(map(_names_its_block, others)) and not _names_any(block.nodelist)


def _names_any(nodes: NodeList) -> bool:
    """Whether a block among these may ask for itself."""
    blocks: list[Any] = nodes.get_nodes_by_type(BlockNode)
    return any(
        _names_its_block(node) for block in blocks for node in _within(block.nodelist)
    )


def _within(nodes: NodeList) -> list[Node]:
    found: list[Node] = nodes.get_nodes_by_type(Node)
    return found


def _included(node: IncludeNode, find: Find) -> list[Node]:
    """The nodes of what is included, in its place."""
    beside = str(node.origin.template_name) if node.origin else None
    found = None if node.isolated_context else _named(node.template, find, beside)
    if found is None:
        return [node]
    nodes = found.nodelist
    if any(nodes.get_nodes_by_type(kind) for kind in _OF_ONE_TEMPLATE):
        return [node]
    within = _within(nodes)
    if not all(map(_is_known, within)) or any(map(_names_its_block, within)):
        return [node]
    if node.extra_context or not is_quiet(nodes):
        return [Scope(node, nodes, node.extra_context)]
    return list(nodes)


def _is_known(node: Node) -> bool:
    """Whether a tag is Django's or ours; others may remember what we cannot know."""
    return type(node).__module__.startswith(("django.template", "newsroom."))


def is_quiet(nodes: NodeList) -> bool:
    """Whether nodes set no variable that would stay after them."""
    return all(map(_sets_nothing, nodes))


def _sets_nothing(node: Node) -> bool:
    match node:
        case IfNode():
            return all(is_quiet(inner) for _test, inner in node.conditions_nodelists)
        case TranslateNode() | URLNode() | BlockTranslateNode():
            return not node.asvar
        case StaticNode():
            return not node.varname
    quiet = (TextNode, VariableNode, ForNode, WithNode, Scope, BlockNode, IncludeNode)
    return isinstance(node, quiet) or getattr(node, "is_constant", False)


def is_literal(value: Any) -> bool:
    """Whether an expression is written out in the template, and used as it is."""
    if not isinstance(value, FilterExpression) or value.filters:
        return False
    return not isinstance(value.var, Variable) or value.var.lookups is None
