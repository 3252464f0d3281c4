// SPDX-License-Identifier: GPL-3.0-or-later
/* conf_dest: DEST[:PORT] of a rule, see conf.h and vsockwrap.conf(5) */

#include <string.h>

#include "conf_internal.h"
#include "nameaddr.h"

#define V4(a, b, c, d)                                                     \
	{                                                                  \
		.base = { { [10] = 0xff, 0xff, a, b, c, d } }, .bits = 128 \
	}
#define V6_EC2(last)                                                 \
	{                                                            \
		.base = { { 0xfd, 0, 0x0e, 0xc2, [14] = (last) >> 8, \
			    (last)&0xff } },                         \
		.bits = 128                                          \
	}

/* The addresses that SDKs ask for credentials; @aws has none. */
static const struct group {
	const char *name;
	enum dest_kind dest;
	struct addr_net nets[2];
	unsigned nnets;
} groups[] = {
	{ "@aws", DEST_AWS, { { .bits = 0 } }, 0 },
	{ "@imds", DEST_NET, { V4(169, 254, 169, 254), V6_EC2(0x254) }, 2 },
	{ "@ecs", DEST_NET, { V4(169, 254, 170, 2) }, 1 },
	{ "@eks", DEST_NET, { V4(169, 254, 170, 23), V6_EC2(0x23) }, 2 },
};

static bool set_port(struct conf_parser *p, const struct conf_word *w,
		     struct rule *r)
{
	uint32_t port;

	if (!w->len || conf_word_is(w, "*"))
		return conf_fail(p, w,
				 "no port after ':'; leave out the colon too "
				 "for every port",
				 NULL);
	if (!conf_word_number(w, &port) || !port || port > UINT16_MAX)
		return conf_fail(p, w, "bad port ", "; expected 1 to 65535");
	r->port = (uint16_t)port;
	return true;
}

static bool parse_group(struct conf_parser *p, const struct conf_word *w,
			struct rule *r)
{
	static const char *const names[] = { "@aws", "@imds", "@ecs", "@eks",
					     NULL };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct group *g = &groups[i];

		if (w->len != strlen(g->name) ||
		    !text_equal_nocase(w->s, g->name, w->len))
			continue;
		r->dest = g->dest;
		memcpy(r->nets, g->nets, sizeof(r->nets));
		r->nnets = g->nnets;
		return conf_pattern(p, w, r);
	}
	return conf_fail_unknown(p, w, "unknown destination ",
				 "@aws, @imds, @ecs or @eks", names);
}

/* Bits set to the right of the prefix: say which network was meant. */
static bool fail_host_bits(struct conf_parser *p, const struct conf_word *w,
			   const struct addr *base, unsigned bits)
{
	char after[ADDR_STRLEN + 32], addr[ADDR_STRLEN];
	struct text t = text_init(after, sizeof(after));

	addr_format(base, addr);
	text_str(&t, "; the network is ");
	text_str(&t, addr);
	text_char(&t, '/');
	text_uint(&t, addr_is_v4(base) && bits >= 96 ? bits - 96 : bits);
	return conf_fail(p, w, "host bits set in ", after);
}

static bool parse_net(struct conf_parser *p, const struct conf_word *w,
		      struct rule *r)
{
	struct addr_net *net = &r->nets[0];
	struct addr base;

	if (!addr_parse_net(w->s, w->len, net))
		return conf_fail(p, w, "",
				 " is no address or network; expected one like "
				 "10.0.0.1, 10.0.0.0/8, [fd00::/8]");
	addr_net_base(net, &base);
	if (!addr_equal(&base, &net->base))
		return fail_host_bits(p, w, &base, net->bits);
	if (addr_net_overlap(net, &nameaddr_net4) ||
	    addr_net_overlap(net, &nameaddr_net6))
		return conf_fail(p, w, "",
				 " holds addresses that stand for names here "
				 "(198.18.0.0/15, fd76:736f:636b::/64); write "
				 "* for all");
	r->dest = DEST_NET;
	r->nnets = 1;
	return true;
}

/* [ADDR] or [ADDR/BITS], perhaps with :PORT */
static bool parse_brackets(struct conf_parser *p, const struct conf_word *w,
			   struct rule *r)
{
	struct conf_word inner = { w->s + 1, w->len - 1 }, tail;
	struct conf_word whole = *w;

	if (!conf_word_cut(&inner, ']', &tail))
		return conf_fail(p, w, "no ']' in ",
				 "; expected [ADDRESS] or [ADDRESS]:PORT");
	if (!inner.len || !memchr(inner.s, ':', inner.len))
		return conf_fail(p, w, "no IPv6 address in ",
				 "; brackets are for IPv6 only");
	whole.len = inner.len + 2;
	if (!parse_net(p, &inner, r))
		return false;
	if (tail.len) {
		if (!conf_word_skip(&tail, ":"))
			return conf_fail(p, &tail, "unexpected ",
					 " after ']'; expected :PORT");
		if (!set_port(p, &tail, r))
			return false;
	}
	return conf_pattern(p, &whole, r);
}

/* An IPv6 address without brackets, hence without a port.  2001:db8::1:443
 * is an address; but if it would be one without its last group too, and that
 * could be a port, then we cannot know what was meant. */
static bool parse_bare_v6(struct conf_parser *p, const struct conf_word *w,
			  struct rule *r)
{
	size_t colon = w->len - 1;
	struct conf_word port;
	struct addr_net net;
	uint32_t n;

	while (w->s[colon] != ':')
		colon--;
	port = (struct conf_word){ w->s + colon + 1, w->len - colon - 1 };
	if (conf_word_number(&port, &n) && addr_parse_net(w->s, colon, &net))
		return conf_fail(p, w, "",
				 " may end in a port or not; write [ADDRESS] "
				 "or [ADDRESS]:PORT");
	return parse_net(p, w, r) && conf_pattern(p, w, r);
}

/* Made of digits, dots and stars only, with a digit: meant as an address. */
static bool looks_like_v4(const struct conf_word *w)
{
	bool digit = false;

	for (size_t i = 0; i < w->len; i++) {
		if (text_is_digit(w->s[i]))
			digit = true;
		else if (w->s[i] != '.' && w->s[i] != '*')
			return false;
	}
	return digit;
}

static bool parse_host(struct conf_parser *p, const struct conf_word *w,
		       struct rule *r)
{
	if (!w->len)
		return conf_fail(
			p, w,
			"no host before the port; for every host write *:PORT",
			NULL);
	if (*w->s == '@')
		return parse_group(p, w, r);
	if (!memchr(w->s, '/', w->len) && !looks_like_v4(w))
		return conf_name(p, w, r);
	if (memchr(w->s, '*', w->len))
		return conf_fail(p, w, "* in the address ",
				 "; write a network such as 10.0.0.0/8");
	return parse_net(p, w, r) && conf_pattern(p, w, r);
}

static size_t count_colons(const struct conf_word *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->len; i++)
		n += w->s[i] == ':';
	return n;
}

/**
 * conf_dest() - Read DEST[:PORT]
 * @w:		the word
 * @r:		dest, pattern, nets and port are filled in
 *
 * Return: true, or false with the error set
 */
bool conf_dest(struct conf_parser *p, struct conf_word w, struct rule *r)
{
	struct conf_word host = w, port = w;
	bool has_port;

	if (*w.s == '[')
		return parse_brackets(p, &w, r);
	has_port = conf_word_cut(&host, ':', &port);
	if (has_port && port.len >= 2 && !memcmp(port.s, "//", 2))
		return conf_fail(
			p, &w, "",
			" is a URL; write the host name alone, or HOST:PORT");
	if (count_colons(&w) > 1 && *w.s != '@')
		return parse_bare_v6(p, &w, r);
	return parse_host(p, &host, r) && (!has_port || set_port(p, &port, r));
}
