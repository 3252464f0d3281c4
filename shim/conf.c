// SPDX-License-Identifier: GPL-3.0-or-later
/* conf: text of vsockwrap.conf(5) -> an immutable list of rules
 *
 * Here are lines and verbs; settings are read in conf_setting.c, destinations
 * in conf_dest.c and conf_name.c, targets and options in conf_target.c; words
 * and errors are in conf_word.c.
 *
 * The memory is used from both ends, because conf_parse() may be called again
 * and the rules must stay one array:
 *
 *	mem | rule 0 | rule 1 | ... ->      free      <- string 1 | string 0 |
 */

#include <string.h>

#include "conf_internal.h"

/* The shortest rule; no text holds more rules than these fit into it. */
#define RULE_TEXT_MIN (sizeof("deny *") - 1)

static const struct rule deny_all = {
	.verb = RULE_DENY,
	.dest = DEST_ANY,
	.pattern = "*",
	.pattern_len = 1,
	.source = "built in",
};

static const struct rule route_aws = {
	.verb = RULE_ROUTE,
	.dest = DEST_AWS,
	.pattern = "@aws",
	.pattern_len = 4,
	.port = 443,
	.target = { .kind = TARGET_VSOCK,
		    .cid = CONF_AWS_CID,
		    .port = CONF_AWS_PORT },
	.connect_timeout_ms = CONF_CONNECT_TIMEOUT_MS,
	.source = "built in",
};

size_t conf_mem_size(size_t text)
{
	size_t rules = text / RULE_TEXT_MIN;

	if (rules > CONF_RULES_MAX)
		rules = CONF_RULES_MAX;
	/* Two more: what conf_finish() adds.  Strings are shorter than the
	 * text they come from: a verb or `log-file` stands before each. */
	return (rules + 2) * sizeof(struct rule) + text;
}

void conf_init(struct conf *c, void *mem, size_t size)
{
	*c = (struct conf){ .rules = mem,
			    .log = CONF_LOG_ERROR,
			    .mem = mem,
			    .mem_size = size };
}

/* False where the memory is full. */
static bool append(struct conf *c, const struct rule *r)
{
	size_t begin = c->nrules * sizeof(*r);

	if (c->mem_size < begin + sizeof(*r) + c->mem_used)
		return false;
	memcpy(c->mem + begin, r, sizeof(*r));
	c->nrules++;
	return true;
}

static bool parse_rule(struct conf_parser *p, enum rule_verb verb)
{
	static const char *const no_destination[] = {
		[RULE_ROUTE] =
			"no destination; expected route DEST[:PORT] TARGET",
		[RULE_PASS] = "no destination; expected pass DEST[:PORT]",
		[RULE_DENY] = "no destination; expected deny DEST[:PORT]",
	};
	struct conf_word verb_word = p->last, w;
	struct rule r = {
		.verb = verb,
		.connect_timeout_ms = CONF_CONNECT_TIMEOUT_MS,
		.source = p->source,
		.line = p->line,
	};

	if (p->c->nrules == CONF_RULES_MAX)
		return conf_fail(p, &verb_word,
				 "too many rules; 4096 is the most, patterns "
				 "and networks need fewer",
				 NULL);
	if (!conf_word_next(p, &w))
		return conf_fail_missing(p, no_destination[verb]);
	if (!conf_dest(p, w, &r))
		return false;

	if (verb == RULE_ROUTE) {
		if (!conf_word_next(p, &w))
			return conf_fail_missing(
				p, "no target; expected vsock:CID:PORT or "
				   "unix:/PATH");
		if (!conf_target(p, w, &r) || !conf_options(p, &r))
			return false;
	} else if (conf_word_next(p, &w)) {
		return conf_fail(
			p, &w, "unexpected ",
			"; pass and deny take a destination and nothing else");
	}
	return append(p->c, &r) ||
	       conf_fail(p, &verb_word, "no memory left for this rule", NULL);
}

static bool parse_route(struct conf_parser *p)
{
	return parse_rule(p, RULE_ROUTE);
}

static bool parse_pass(struct conf_parser *p)
{
	return parse_rule(p, RULE_PASS);
}

static bool parse_deny(struct conf_parser *p)
{
	return parse_rule(p, RULE_DENY);
}

/* What a line can begin with. */
enum { FIRST_SETTING = 3, NVERBS = 6 };

static const char *const verb_names[NVERBS + 1] = {
	"route", "pass", "deny", "log", "log-file", "strict", NULL,
};

static bool (*const verb_parsers[NVERBS])(struct conf_parser *) = {
	parse_route,    parse_pass,    parse_deny,
	conf_log_level, conf_log_file, conf_strict,
};

static bool parse_verb(struct conf_parser *p, const struct conf_word *w)
{
	for (unsigned i = 0; i < NVERBS; i++) {
		if (!conf_word_is(w, verb_names[i]))
			continue;
		if (i >= FIRST_SETTING && p->is_file && p->seen & 1u << i)
			return conf_fail(p, w, "",
					 " is set twice here; keep one");
		p->seen |= 1u << i;
		return verb_parsers[i](p);
	}
	return conf_fail_unknown(p, w, "unknown word ",
				 "route, pass, deny, log, log-file or strict",
				 verb_names);
}

/* A tab is fine; any other control byte means that this is not our file, or
 * would let it look different from what it says. */
static bool check_bytes(struct conf_parser *p)
{
	for (size_t i = 0; i < p->rest.len; i++) {
		struct conf_word at = { p->rest.s + i, 1 };

		if (*at.s == '\0')
			return conf_fail(p, &at,
					 "a NUL byte; save the file as plain "
					 "text (UTF-8, not UTF-16)",
					 NULL);
		if ((*at.s > 0 && *at.s < ' ' && *at.s != '\t') ||
		    *at.s == 0x7f)
			return conf_fail(p, &at,
					 "a control byte; only tabs and ends "
					 "of lines are allowed",
					 NULL);
	}
	return true;
}

static bool parse_line(struct conf_parser *p, const char *s, size_t len)
{
	struct conf_word w;

	p->rest = (struct conf_word){ s, len };
	return check_bytes(p) && (!conf_word_next(p, &w) || parse_verb(p, &w));
}

bool conf_parse(struct conf *c, const char *source, const char *text,
		size_t len, char separator, struct conf_error *err)
{
	struct conf_parser p = { .c = c,
				 .source = source,
				 .err = err,
				 .line = 1,
				 .line_start = text,
				 .is_file = separator == '\n' };
	const char *s = text, *e;
	size_t n;

	for (size_t left = len; left; left -= (size_t)(e - s) + 1, s = e + 1) {
		for (e = s; (size_t)(e - s) < left; e++)
			if (*e == '\n' || *e == separator)
				break;
		n = (size_t)(e - s);
		if (n && e[-1] == '\r' && (n == left || *e == '\n'))
			n--;
		if (!parse_line(&p, s, n))
			return false;
		if ((size_t)(e - s) == left)
			break;
		if (*e == '\n') {
			p.line++;
			p.line_start = e + 1;
		}
	}
	return true;
}

bool conf_finish(struct conf *c, struct conf_error *err)
{
	struct conf_parser p = { .c = c,
				 .source = c->strict_source,
				 .err = err,
				 .line = c->strict_line,
				 .line_start = "" };
	struct conf_word nowhere = { p.line_start, 0 };
	struct rule last = deny_all;

	if (!c->nrules && !append(c, &route_aws)) {
		p.source = route_aws.source;
		return conf_fail(&p, &nowhere,
				 "no memory for the built-in rule", NULL);
	}
	if (!c->strict)
		return true;

	last.source = c->strict_source;
	last.line = c->strict_line;
	if (c->nrules == CONF_RULES_MAX)
		return conf_fail(&p, &nowhere,
				 "too many rules: strict is one too, and 4096 "
				 "is the most",
				 NULL);
	return append(c, &last) ||
	       conf_fail(&p, &nowhere, "no memory left for strict", NULL);
}

void conf_deny_all(struct conf *c)
{
	c->rules = &deny_all;
	c->nrules = 1;
}
