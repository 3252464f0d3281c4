// SPDX-License-Identifier: GPL-3.0-or-later
/* fuzz_conf: any text as configuration; what is accepted must be whole, and
 * must route as it says
 *
 * Input: a byte for the separator, then the text. */

#include "conf.h"
#include "fuzz.h"
#include "route.h"

static const char source[] = "fuzz";

/* Is @s a string that ends inside the configuration's memory? */
static bool inside(const struct conf *c, const char *s)
{
	const char *end = c->mem + c->mem_size;

	return s >= c->mem && s < end && memchr(s, '\0', (size_t)(end - s));
}

static void check_error(const struct conf_error *e, const char *text,
			size_t len)
{
	const char *line = text, *next, *end = text + len;

	MUST(e->source == source);
	MUST(memchr(e->text, '\0', sizeof(e->text)) && e->text[0]);
	for (const char *s = e->text; *s; s++)
		MUST((*s >= ' ' && *s <= '~') || (unsigned char)*s >= 0x80);
	MUST(e->line >= 1 && e->column >= 1);
	for (unsigned i = 1; i < e->line; i++) {
		next = line < end ? memchr(line, '\n', (size_t)(end - line))
				  : NULL;
		MUST(next);
		line = next + 1;
	}
	next = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
	/* one behind the last byte is where something is missing */
	MUST(e->column <= (size_t)((next ? next : end) - line) + 1);
}

static void check_rule(const struct conf *c, const struct rule *r,
		       unsigned lines)
{
	bool built_in = r->line == 0;

	if (built_in)
		MUST(c->nrules == 1 + c->strict && r == c->rules);
	else
		MUST(r->source == source && r->line <= lines);
	MUST(r->pattern && strlen(r->pattern) == r->pattern_len);
	MUST(r->pattern_len);
	if (r->verb != RULE_ROUTE)
		MUST(r->target.kind == TARGET_NONE);
	else
		MUST(r->target.kind == TARGET_VSOCK ||
		     r->target.kind == TARGET_UNIX);
	if (r->target.kind == TARGET_UNIX)
		MUST(inside(c, r->target.path) &&
		     strlen(r->target.path) <= CONF_PATH_MAX);
	MUST(r->nnets <= 2 && (r->nnets > 0) == (r->dest == DEST_NET));
	MUST(r->verb != RULE_ROUTE || r->connect_timeout_ms);
}

/* A name that the pattern is for: a for *, a.b for ** */
static size_t example(const struct rule *r, char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < r->pattern_len; i++) {
		if (r->pattern[i] != '*') {
			name[n++] = r->pattern[i];
		} else if (r->pattern[i + 1] == '*') {
			memcpy(name + n, "a.b", 3);
			n += 3;
			i++;
		} else {
			name[n++] = 'a';
		}
	}
	return n;
}

/* libc takes it for an address: no name for the routes (0xa.b is one, 0xa
 * is not) */
static bool last_label_is_number(const char *name, size_t n)
{
	size_t begin = n;

	while (begin && name[begin - 1] != '.')
		begin--;
	return name[begin] >= '0' && name[begin] <= '9';
}

/* What a rule is for, it or one before it must take. */
static void check_routes(const struct conf *c, size_t i)
{
	const struct rule *r = &c->rules[i], *got;
	struct route_prefilter filter;
	char name[2 * CONF_NAME_MAX + 2];

	route_prefilter_init(&filter, c);
	for (unsigned j = 0; j < r->nnets; j++) {
		const struct addr *a = &r->nets[j].base;

		got = route_by_addr(c, a, r->port);
		MUST(got && got <= r);
		MUST(addr_is_v4(a) ? filter.v4[a->b[12]] : filter.v6);
	}
	got = route_by_number(c, i, r->port);
	MUST(got && got <= r);
	if (r->dest == DEST_NAME) {
		size_t n = example(r, name);

		MUST(route_pattern_match(r->pattern, r->pattern_len, name, n));
		if (n > CONF_NAME_MAX || last_label_is_number(name, n))
			return;
		got = route_by_name(c, name, n, r->port);
		MUST(got && (got <= r || !r->port));
		MUST(route_by_name(c, name, n, 0));
	}
}

static void check_lookups(const struct conf *c)
{
	static const char *const names[] = {
		"kms.us-east-1.amazonaws.com",
		"localhost",
		"a.b.",
		"1.2.3.4",
		"",
		".",
		"..",
		"xn--a.example",
	};
	static const uint16_t ports[] = { 0, 1, 443, 65535 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (size_t j = 0; j < sizeof(ports) / sizeof(ports[0]); j++) {
			const struct rule *r = route_by_name(
				c, names[i], strlen(names[i]), ports[j]);

			MUST(!r || (r >= c->rules && r < c->rules + c->nrules));
			MUST(!r || !r->port || !ports[j] ||
			     r->port == ports[j]);
		}
	}
}

static void check_conf(const struct conf *c, unsigned lines)
{
	MUST(c->nrules >= 1 && c->nrules <= CONF_RULES_MAX + 1);
	MUST(c->nrules * sizeof(struct rule) + c->mem_used <= c->mem_size);
	MUST(!c->log_file || inside(c, c->log_file));
	MUST(c->log <= CONF_LOG_DEBUG);
	if (c->strict)
		MUST(c->rules[c->nrules - 1].verb == RULE_DENY &&
		     c->rules[c->nrules - 1].dest == DEST_ANY);
	for (size_t i = 0; i < c->nrules; i++)
		check_rule(c, &c->rules[i], lines);
	for (size_t i = 0; i < c->nrules && i < 64; i++)
		check_routes(c, i);
	check_lookups(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_error err;
	unsigned lines = 1;
	struct conf c;
	char *text;

	if (!size--)
		return 0;
	text = fuzz_copy(data + 1, size);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	conf_init(&c, malloc(conf_mem_size(size)), conf_mem_size(size));
	MUST(c.mem);
	if (!conf_parse(&c, source, text, size, data[0] % 2 ? ';' : '\n', &err))
		check_error(&err, text, size);
	else if (conf_finish(&c, &err))
		check_conf(&c, lines);
	free(c.mem);
	free(text);
	return 0;
}
