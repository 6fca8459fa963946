"""Methods of objects of which nothing is known, by their names: the project calls by one name what is of one kind."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.awaited_elsewhere import HANDS_ON
from aiomend.facts.decorators import is_property
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.nearby import HOPS
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How
from aiomend.facts.values import NONE, UNKNOWN, Function, Plain

#: Two words or more: a single one is the name of many things that know nothing of each other.
_WORDS = re.compile(r"[^\W_]_+[^\W_]|[a-z][A-Z]")
#: What Python's own objects do, in two words: an object of which nothing is known may be one of those.
_PYTHONS = frozenset([
    "add_argument", "add_attachment", "add_child_handler", "add_done_callback", "add_header", "add_note",
    "add_reader", "add_section", "add_signal_handler", "add_writer", "addFilter", "addHandler", "attach_loop",
    "auth_login", "call_at", "call_exception_handler", "call_later", "call_soon", "call_soon_threadsafe",
    "check_returncode", "clear_content", "close_request", "connect_ex", "connection_lost", "connection_made",
    "create_aggregate", "create_collation", "create_function", "create_window_function", "data_received",
    "datagram_received", "del_param", "difference_update", "do_handshake", "doRollover", "end_headers",
    "enter_context", "eof_received", "error_received", "feed_data", "feed_eof", "finish_request", "flush_headers",
    "handle_error", "handle_request", "handleError", "hardlink_to", "intersection_update", "link_to",
    "load_cert_chain", "load_default_certs", "load_verify_locations", "log_error", "log_message", "log_request",
    "move_to_end", "notify_all", "notifyAll", "parse_args", "pause_reading", "pause_writing", "pipe_connection_lost",
    "pipe_data_received", "pop_all", "print_help", "print_stack", "print_usage", "process_exited", "process_request",
    "push_async_callback", "push_async_exit", "put_nowait", "read_bytes", "read_dict", "read_file", "read_string",
    "read_text", "recv_bytes", "recv_into", "remove_done_callback", "remove_option", "remove_reader",
    "remove_section", "remove_signal_handler", "remove_writer", "removeFilter", "removeHandler", "replace_header",
    "resume_reading", "resume_writing", "run_forever", "run_until_complete", "send_bytes", "send_error",
    "send_header", "send_message", "send_response", "send_signal", "serve_forever", "server_activate", "server_bind",
    "server_close", "service_actions", "set_alpn_protocols", "set_authorizer", "set_boundary", "set_charset",
    "set_ciphers", "set_content", "set_debug", "set_debuglevel", "set_default_executor", "set_defaults",
    "set_event_loop", "set_exception", "set_exception_handler", "set_inheritable", "set_name", "set_param",
    "set_pasv", "set_payload", "set_progress_handler", "set_protocol", "set_result", "set_task_factory",
    "set_trace_callback", "set_transport", "set_tunnel", "set_type", "set_write_buffer_limits", "setDaemon",
    "setFormatter", "setLevel", "setName", "setStream", "setTarget", "shutdown_request", "symlink_to",
    "symmetric_difference_update", "task_done", "wrap_socket", "write_bytes", "write_eof", "write_text",
])  # fmt: skip


def named_alike(inference: Inference, facts: ModuleFacts, call: ast.Call) -> Function | None:
    """Return a method of the name that a call asks an unknown object for, where the project's are all coroutine functions.

    None for names of one word, where the project has something else by that name, or takes what such a call gives for more
    than something to await, in a class that has such a method itself (it may be the coroutine before a plain one), and where
    the file can have no such object from what it imports: two parts of a project may call different things alike.
    """
    project = inference.project
    if not isinstance(call.func, ast.Attribute) or not project.tree_names.is_coroutine(name := call.func.attr):
        return None
    if (
        not _WORDS.search(name)
        or name in _PYTHONS
        or ("async" not in name.lower() and _stands_before(facts, call, name))
    ):
        return None
    if not _is_unknown(inference, facts, call.func):
        return None  # an object of a package, of which the project's names say nothing
    methods: dict[ModuleFacts, Function] = {}
    for path in project.files_mentioning(name) or ():
        user = project.facts(path)
        if user is None or _is_otherwise(inference, user, name):
            return None
        for function in (one for one in user.functions if one.name == name):
            kind = _kind(inference, user, function)
            if kind is False:
                return None
            if kind and user.class_of(function) is not None:
                methods.setdefault(user, Function(user, function))
    return _nearest(inference, facts, methods)


def _nearest(inference: Inference, facts: ModuleFacts, methods: dict[ModuleFacts, Function]) -> Function | None:
    """Return the method of a file itself, else of a module that it imports, else of one that such a module imports."""
    seen, here = {facts}, [facts]
    for _ in range(HOPS + 1 if methods else 0):
        if (found := next((methods[one] for one in here if one in methods), None)) is not None:
            return found
        here = [*dict.fromkeys(inner for one in here for inner in _imported(inference, one) if inner not in seen)]
        seen.update(here)
    return None


def _imported(inference: Inference, facts: ModuleFacts) -> Iterator[ModuleFacts]:
    """Yield the modules of the project that a file imports, or takes names from."""
    names = dict.fromkeys(facts.stars)
    for one in (one for scope in facts.scopes.values() for each in scope.bindings.values() for one in each):
        if one.how in (How.IMPORT, How.FROM):
            names |= dict.fromkeys((one.target, f"{one.target}.{one.member}") if one.member else (one.target,))
    for name in names:
        if (module := inference.project.module(name, facts.path)) is not None:
            yield module


def _stands_before(facts: ModuleFacts, call: ast.Call, name: str) -> bool:
    """True in a function of that name, and in a class that has one: what it calls by its own name may be what it wraps."""
    for outer in facts.ancestors(call):
        if isinstance(outer, FUNCTIONS) and outer.name == name:
            return True
        if isinstance(outer, ast.ClassDef) and name in facts.scopes[outer].bindings:
            return True
    return False


def _is_unknown(inference: Inference, facts: ModuleFacts, func: ast.expr) -> bool:
    return inference.values_from_callers(facts, func) <= UNKNOWN | NONE


def _is_otherwise(inference: Inference, user: ModuleFacts, name: str) -> bool:
    """True where a file binds the name to what is no function, or looks at what such a call of an unknown object gives."""
    scopes = [scope for scope in user.scopes.values() if name in scope.bindings]
    if any(one.how not in (How.DEF, How.FROM) for scope in scopes for one in scope.bindings[name]):
        return True
    for use in user.attributes.get(name, ()):
        match user.parents[use]:
            case ast.Call(func=func) as call if func is use:
                if not isinstance(user.parents[call], (ast.Await, ast.YieldFrom, *HANDS_ON)) and _is_unknown(
                    inference, user, use
                ):
                    return True
            case _ if not isinstance(use.ctx, ast.Load):
                return True
            case _:
                pass  # it is handed on
    return False


def _kind(inference: Inference, user: ModuleFacts, function: FunctionNode) -> bool | None:
    """Return whether calling a definition makes a coroutine; None under a decorator of which nothing is known."""
    if any(is_property(one) for one in function.decorator_list):
        return False
    values = inference.calls.decorators.decorated(Function(user, function))
    if Plain.UNKNOWN in values and isinstance(function, ast.AsyncFunctionDef):
        return None
    return all(isinstance(one, Function) and inference.is_coroutine_function(one) for one in values)
