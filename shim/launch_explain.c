// SPDX-License-Identifier: GPL-3.0-or-later
/* launch_explain: what the rules say of a host, as the library would find */

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "launch.h"
#include "nameaddr.h"
#include "route.h"

enum { EXPLAIN_ROUTED, EXPLAIN_LEFT, EXPLAIN_DENIED };

/* A placeholder tells its rule, whoever's it is. */
static const struct rule *rule_of_placeholder(const struct conf *c,
					      const struct launch_host *h)
{
	void *mem = mmap(NULL, nameaddr_size(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	const struct rule *r = NULL;
	size_t number;

	if (mem == MAP_FAILED)
		launch_die(LAUNCH_FAILED, "out of memory");
	if (nameaddr_lookup(nameaddr_init(mem, c->nrules, NULL), &h->addr,
			    &number, NULL))
		r = route_by_number(c, number, h->port);
	munmap(mem, nameaddr_size());
	return r;
}

static const struct rule *find(const struct conf *c,
			       const struct launch_host *h)
{
	if (!h->literal)
		return route_by_name(c, h->name, h->len, h->port);
	if (nameaddr_is_placeholder(&h->addr))
		return rule_of_placeholder(c, h);
	return route_by_addr(c, &h->addr, h->port);
}

static void print_place(const struct rule *r)
{
	/* -r and what is built in have no lines */
	if (!r->line || !strncmp(r->source, "-r ", 3))
		printf("%s: ", r->source);
	else
		printf("%s:%u: ", r->source, r->line);
}

static void print_rule(const struct rule *r)
{
	static const char *const verbs[] = { "route", "pass", "deny" };
	bool bracket = r->port && memchr(r->pattern, ':', r->pattern_len) &&
		       r->pattern[0] != '[';

	print_place(r);
	printf("%s %s%s%s", verbs[r->verb], bracket ? "[" : "", r->pattern,
	       bracket ? "]" : "");
	if (r->port)
		printf(":%u", r->port);
}

static void print_net(const struct addr_net *net)
{
	struct addr base;
	char buf[ADDR_STRLEN];

	addr_net_base(net, &base);
	addr_format(&base, buf);
	printf("%s/%u", buf, addr_is_v4(&base) ? net->bits - 96 : net->bits);
}

static void print_route(const struct launch_host *h, const struct rule *r)
{
	const struct target *t = &r->target;

	if (t->kind == TARGET_UNIX)
		printf("  target:   unix socket %s\n", t->path);
	else
		printf("  target:   vsock, CID %u, port %u\n", t->cid, t->port);
	printf("  TLS:      passthrough: the program's own TLS, untouched\n"
	       "  timeout:  %g s to connect\n"
	       "  address:  ",
	       r->connect_timeout_ms / 1000.0);
	if (h->literal) {
		printf("as given\n");
		return;
	}
	printf("a placeholder in ");
	print_net(&nameaddr_net4);
	printf(" or ");
	print_net(&nameaddr_net6);
	printf("\n");
}

static bool is_local(const struct launch_host *h)
{
	if (!h->literal)
		return route_name_is_local(h->name, h->len);
	return addr_is_loopback(&h->addr) || addr_is_unspecified(&h->addr);
}

static const struct rule *rule_for_any(const struct conf *c, uint16_t port)
{
	for (const struct rule *r = c->rules; r < c->rules + c->nrules; r++)
		if (r->dest == DEST_ANY && (!r->port || r->port == port))
			return r;
	return NULL;
}

/* The rule that a reader of the file would expect to match, or NULL. */
static const struct rule *near_miss(const struct conf *c,
				    const struct launch_host *h)
{
	if (is_local(h))
		return rule_for_any(c, h->port);
	return h->literal ? NULL : route_by_name(c, h->name, h->len, 0);
}

static void print_near_miss(const struct conf *c, const struct launch_host *h)
{
	const struct rule *r = near_miss(c, h);

	if (!r)
		return;
	printf("  note:     ");
	print_rule(r);
	if (is_local(h))
		printf(" does not take local names and addresses\n");
	else if (r->verb == RULE_ROUTE)
		printf(" is for another port; looked up without a port, the "
		       "name cannot be reached on %u\n",
		       h->port);
	else
		printf(" is for another port\n");
}

static void print_host(const struct launch_host *h)
{
	bool bracket = h->literal && memchr(h->name, ':', h->len);

	printf("%s%.*s%s:%u", bracket ? "[" : "", (int)h->len, h->name,
	       bracket ? "]" : "", h->port);
}

static int explain(const struct conf *c, const struct launch_host *h)
{
	static const char *const verdicts[] = {
		[RULE_ROUTE] = "routed",
		[RULE_PASS] = "left alone",
		[RULE_DENY] = "denied",
	};
	const struct rule *r = find(c, h);

	print_host(h);
	if (!r) {
		printf(": left alone\n"
		       "  rule:     none matches: left to libc and the "
		       "kernel\n");
		print_near_miss(c, h);
		return EXPLAIN_LEFT;
	}
	printf(": %s\n  rule:     ", verdicts[r->verb]);
	print_rule(r);
	printf("\n");
	switch (r->verb) {
	case RULE_ROUTE:
		print_route(h, r);
		return EXPLAIN_ROUTED;
	case RULE_DENY:
		printf("  effect:   %s\n",
		       h->literal ? "connect() fails with EACCES"
				  : "the name does not resolve (EAI_NONAME)");
		return EXPLAIN_DENIED;
	case RULE_PASS:
		break;
	}
	printf("  target:   libc and the kernel%s\n",
	       h->literal ? "" : ", and so are the addresses it resolves to");
	return EXPLAIN_LEFT;
}

/**
 * launch_explain() - Print what the rules say of hosts
 * @hosts:	HOST[:PORT], port 443 where there is none; NULL ends the list
 *
 * Return: exit status, that of the host with the greatest
 */
int launch_explain(const struct conf *c, char **hosts)
{
	struct launch_host h;
	const char *wrong;
	int status = 0, one;

	for (; *hosts; hosts++) {
		wrong = launch_host_parse(&h, *hosts, strlen(*hosts), 443);
		if (wrong)
			launch_die(LAUNCH_FAILED, "--explain %s: %s", *hosts,
				   wrong);
		one = explain(c, &h);
		if (one > status)
			status = one;
	}
	return status;
}
