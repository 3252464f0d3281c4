// SPDX-License-Identifier: GPL-3.0-or-later
/* fuzz_addr: text -> address -> text -> the same address; networks beside a
 * membership test that goes bit by bit
 *
 * Input: sixteen bytes of an address, then text. */

#include <arpa/inet.h>

#include "addr.h"
#include "fuzz.h"

static void round_trip(const struct addr *a)
{
	char text[ADDR_STRLEN], again[ADDR_STRLEN];
	struct in6_addr in6;
	struct in_addr in;
	struct addr b;
	size_t len = addr_format(a, text);

	MUST(len == strlen(text));
	MUST(addr_parse(text, len, &b) && addr_equal(a, &b));
	MUST(addr_format(&b, again) == len && !strcmp(text, again));
	/* libc must read it as we do */
	if (addr_is_v4(a))
		MUST(inet_pton(AF_INET, text, &in) == 1 &&
		     !memcmp(&in, a->b + 12, 4));
	else
		MUST(inet_pton(AF_INET6, text, &in6) == 1 &&
		     !memcmp(&in6, a->b, 16));
}

static void socket_address(const struct addr *a)
{
	struct sockaddr_storage ss;
	struct addr back;
	socklen_t len;
	uint16_t port;

	MUST(addr_to_sockaddr(a, 443, AF_INET6, &ss, &len));
	MUST(addr_from_sockaddr((void *)&ss, len, &back, &port));
	MUST(addr_equal(a, &back) && port == 443);
	MUST(addr_to_sockaddr(a, 443, AF_INET, &ss, &len) == addr_is_v4(a));
	if (addr_is_v4(a))
		MUST(addr_from_sockaddr((void *)&ss, len, &back, &port) &&
		     addr_equal(a, &back));
}

static bool bit_by_bit(const struct addr *a, const struct addr_net *net)
{
	if (net->bits < 96 && addr_is_v4(a)) /* ::/0 holds no IPv4 */
		return false;
	for (unsigned i = 0; i < net->bits; i++) {
		unsigned mask = 0x80u >> i % 8;

		if ((a->b[i / 8] & mask) != (net->base.b[i / 8] & mask))
			return false;
	}
	return true;
}

static void network(const struct addr_net *net, const struct addr *any)
{
	struct addr_net same = { .bits = net->bits }, back;
	char text[ADDR_STRLEN + 8];
	struct addr near = net->base;
	bool v4 = addr_is_v4(&net->base);
	size_t len;

	MUST(net->bits <= 128);
	MUST(addr_in_net(any, net) == bit_by_bit(any, net));
	if (net->bits < 128) { /* a host bit, and the last of the prefix */
		near.b[net->bits / 8] ^= (uint8_t)(0x80 >> net->bits % 8);
		MUST(addr_in_net(&near, net) == bit_by_bit(&near, net));
	}
	if (net->bits) {
		near.b[(net->bits - 1) / 8] ^=
			(uint8_t)(0x80 >> (net->bits - 1) % 8);
		MUST(!addr_in_net(&near, net));
	}
	addr_net_base(net, &same.base);
	MUST(bit_by_bit(&same.base, net) ||
	     (net->bits < 96 && addr_is_v4(&same.base)));
	if (v4 && net->bits < 96)
		return; /* ::ffff:0:0/90, say: holds nothing of its own */
	MUST(addr_net_overlap(net, &same) && addr_net_overlap(&same, net));
	len = addr_format(&net->base, text);
	len += (size_t)sprintf(text + len, "/%u",
			       v4 ? net->bits - 96 : net->bits);
	MUST(addr_parse_net(text, len, &back) && back.bits == net->bits &&
	     addr_equal(&back.base, &net->base));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct addr a, any;
	struct addr_net net;
	char *text;

	if (size < sizeof(any))
		return 0;
	memcpy(&any, data, sizeof(any));
	round_trip(&any);
	socket_address(&any);
	size -= sizeof(any);
	text = fuzz_copy(data + sizeof(any), size);
	if (addr_parse(text, size, &a)) {
		round_trip(&a);
		MUST(addr_parse_net(text, size, &net) && net.bits == 128);
	}
	if (addr_parse_net(text, size, &net))
		network(&net, &any);
	free(text);
	return 0;
}
