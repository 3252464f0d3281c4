// SPDX-License-Identifier: GPL-3.0-or-later
/* addr: IP addresses in one comparable form; see addr.h. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "addr.h"
#include "text.h"

#define V4_BITS 96 /* of the prefix ::ffff:0:0 that makes it an IPv4 address */

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* RFC 2133's sockaddr_in6 had no scope id; the kernel (SIN6_LEN_RFC2133 in
 * net/ipv6) takes the short form still. */
#define SIN6_LEN_MIN offsetof(struct sockaddr_in6, sin6_scope_id)

static void set_v4(struct addr *a, const void *in_addr)
{
	memcpy(a->b, v4_prefix, sizeof(v4_prefix));
	memcpy(a->b + sizeof(v4_prefix), in_addr, 4);
}

/**
 * addr_from_sockaddr() - Address and port of what the program gave connect()
 * @sa:		any bytes, any alignment; may be NULL
 * @len:	as the program said; too short for its family is refused, as
 *		the kernel does
 * @a, @port:	filled in; @port in host byte order, may be NULL
 *
 * Return: false where it is no IPv4 or IPv6 address
 */
bool addr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
			struct addr *a, uint16_t *port)
{
	in_port_t nport;
	sa_family_t family;

	if (!sa || len < sizeof(family))
		return false;
	memcpy(&family, sa, sizeof(family));

	if (family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		set_v4(a, &in.sin_addr);
		nport = in.sin_port;
	} else if (family == AF_INET6 && len >= SIN6_LEN_MIN) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, SIN6_LEN_MIN);
		memcpy(a->b, &in6.sin6_addr, sizeof(a->b));
		nport = in6.sin6_port;
	} else {
		return false;
	}
	if (port)
		*port = ntohs(nport);
	return true;
}

/**
 * addr_to_sockaddr() - The other way round
 * @port:	host byte order
 * @family:	AF_INET, or AF_INET6, in which an IPv4 address is v4-mapped
 * @ss, @len:	filled in
 *
 * Return: false where the family cannot hold the address
 */
bool addr_to_sockaddr(const struct addr *a, uint16_t port, int family,
		      struct sockaddr_storage *ss, socklen_t *len)
{
	memset(ss, 0, sizeof(*ss));
	if (family == AF_INET && addr_is_v4(a)) {
		struct sockaddr_in in = { .sin_family = AF_INET,
					  .sin_port = htons(port) };

		memcpy(&in.sin_addr, a->b + sizeof(v4_prefix), 4);
		memcpy(ss, &in, sizeof(in));
		*len = sizeof(in);
		return true;
	}
	if (family == AF_INET6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
					    .sin6_port = htons(port) };

		memcpy(&in6.sin6_addr, a->b, sizeof(a->b));
		memcpy(ss, &in6, sizeof(in6));
		*len = sizeof(in6);
		return true;
	}
	return false;
}

/**
 * addr_is_v4() - Is it an IPv4 address, that is, v4-mapped?
 */
bool addr_is_v4(const struct addr *a)
{
	return !memcmp(a->b, v4_prefix, sizeof(v4_prefix));
}

/**
 * addr_is_loopback() - 127.0.0.0/8 or ::1
 */
bool addr_is_loopback(const struct addr *a)
{
	static const struct addr one = { .b = { [15] = 1 } };

	return addr_is_v4(a) ? a->b[12] == 127 : addr_equal(a, &one);
}

/**
 * addr_is_unspecified() - 0.0.0.0 or ::, which Linux connects to loopback
 */
bool addr_is_unspecified(const struct addr *a)
{
	static const struct addr any4 = { .b = { [10] = 0xff, [11] = 0xff } };
	static const struct addr any6;

	return addr_equal(a, &any4) || addr_equal(a, &any6);
}

/**
 * addr_equal() - Are they the same address?
 */
bool addr_equal(const struct addr *a, const struct addr *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}

/**
 * addr_in_net() - Is the address in the network?
 *
 * The two families stay apart: ::/0 is every IPv6 address, and no IPv4 one
 * although their 128-bit form would be in it.
 */
bool addr_in_net(const struct addr *a, const struct addr_net *net)
{
	unsigned bytes = net->bits / 8, rest = net->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (net->bits < V4_BITS && addr_is_v4(a))
		return false;
	if (memcmp(a->b, net->base.b, bytes) != 0)
		return false;
	return !rest || !((a->b[bytes] ^ net->base.b[bytes]) & mask);
}

/**
 * addr_net_base() - The network's first address: @net->base without host bits
 */
void addr_net_base(const struct addr_net *net, struct addr *base)
{
	unsigned bytes = net->bits / 8, rest = net->bits % 8;

	memset(base, 0, sizeof(*base));
	memcpy(base->b, net->base.b, bytes);
	if (rest)
		base->b[bytes] = net->base.b[bytes] & (uint8_t)(0xff00 >> rest);
}

/**
 * addr_net_overlap() - Is any address in both networks?
 */
bool addr_net_overlap(const struct addr_net *x, const struct addr_net *y)
{
	return addr_in_net(&x->base, y) || addr_in_net(&y->base, x);
}

/**
 * addr_parse() - Text to address
 * @s:		a.b.c.d or IPv6 as in inet_pton(3), no brackets, no scope;
 *		need not end in NUL
 *
 * Return: false where it is none
 */
bool addr_parse(const char *s, size_t len, struct addr *a)
{
	char buf[ADDR_STRLEN];
	struct in_addr in;

	/* inet_pton() would stop at a NUL and take what is before it. */
	if (!len || len >= sizeof(buf) || memchr(s, '\0', len))
		return false;
	memcpy(buf, s, len);
	buf[len] = '\0';

	if (memchr(s, ':', len))
		return inet_pton(AF_INET6, buf, a->b) == 1;
	if (inet_pton(AF_INET, buf, &in) != 1)
		return false;
	set_v4(a, &in);
	return true;
}

/* The number after the slash; @max and above three digits are refused. */
static bool parse_bits(const char *s, size_t len, unsigned max, unsigned *bits)
{
	unsigned n = 0;

	if (!len || len > 3)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!text_is_digit(s[i]))
			return false;
		n = n * 10 + (unsigned)(s[i] - '0');
	}
	*bits = n;
	return n <= max;
}

/**
 * addr_parse_net() - Text to network
 * @s:		ADDRESS/BITS, or ADDRESS alone, a network of one
 * @net:	filled in; host bits stay in @net->base as they were written, so
 *		that the caller may complain (compare with addr_net_base())
 *
 * Return: false where it is none
 */
bool addr_parse_net(const char *s, size_t len, struct addr_net *net)
{
	const char *slash = len ? memchr(s, '/', len) : NULL;
	size_t alen = slash ? (size_t)(slash - s) : len;
	bool v6 = alen && memchr(s, ':', alen);

	if (!addr_parse(s, alen, &net->base))
		return false;
	net->bits = 128;
	if (!slash)
		return true;
	if (!parse_bits(slash + 1, len - alen - 1, v6 ? 128 : 32, &net->bits))
		return false;
	if (!v6)
		net->bits += V4_BITS;
	return true;
}

/* Where the longest run of two or more zero groups begins and ends, for "::"
 * (RFC 5952 4.2); begin == end where there is none. */
static void longest_zeros(const uint16_t g[8], unsigned *begin, unsigned *end)
{
	*begin = *end = 8;
	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;

		while (i + n < 8 && !g[i + n])
			n++;
		if (n >= 2 && n > *end - *begin) {
			*begin = i;
			*end = i + n;
		}
		i += n;
	}
}

/**
 * addr_format() - Address to text: a.b.c.d, or IPv6 as in RFC 5952
 *
 * Return: length without the NUL
 */
size_t addr_format(const struct addr *a, char buf[ADDR_STRLEN])
{
	unsigned begin, end;
	struct text t = text_init(buf, ADDR_STRLEN);
	uint16_t g[8];

	if (addr_is_v4(a)) {
		for (unsigned i = 12; i < 16; i++) {
			if (i > 12)
				text_char(&t, '.');
			text_uint(&t, a->b[i]);
		}
		return t.len;
	}

	for (size_t i = 0; i < 8; i++)
		g[i] = (uint16_t)(a->b[2 * i] << 8 | a->b[2 * i + 1]);
	longest_zeros(g, &begin, &end);
	for (unsigned i = 0; i < 8; i++) {
		if (i == begin) {
			text_str(&t, "::");
			i = end - 1;
			continue;
		}
		if (i && i != end)
			text_char(&t, ':');
		text_hex(&t, g[i]);
	}
	return t.len;
}
