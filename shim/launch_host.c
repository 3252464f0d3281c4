// SPDX-License-Identifier: GPL-3.0-or-later
/* launch_host: HOST[:PORT] as a person writes it */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "launch.h"
#include "text.h"

static const char *read_port(struct launch_host *h, const char *s, size_t len)
{
	unsigned port = 0;

	for (size_t i = 0; i < len; i++) {
		if (!text_is_digit(s[i]) || port > UINT16_MAX)
			return "bad port, expected 1 to 65535";
		port = port * 10 + (unsigned)(s[i] - '0');
	}
	if (!port || port > UINT16_MAX)
		return "bad port, expected 1 to 65535";
	h->port = (uint16_t)port;
	return NULL;
}

/* Also the short forms, such as 127.1, that getaddrinfo(3) takes for addresses
 * and never looks up. */
static bool read_literal(struct launch_host *h, const char *s, size_t len)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	char text[ADDR_STRLEN];
	uint16_t port;

	if (addr_parse(s, len, &h->addr))
		return true;
	if (len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	/* inet_aton(3) would take anything behind a blank */
	return strspn(text, "0123456789abcdefxABCDEFX.") == len &&
	       inet_aton(text, &in.sin_addr) &&
	       addr_from_sockaddr((struct sockaddr *)&in, sizeof(in), &h->addr,
				  &port);
}

static const char *read_name(struct launch_host *h, const char *s, size_t len)
{
	h->name = s;
	h->len = len;
	h->literal = read_literal(h, s, len);
	if (h->literal)
		return NULL;
	if (!len)
		return "no host name";
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~' || strchr("/*@[]:", s[i]))
			return "not a host name or address";
	if (len - (s[len - 1] == '.') > CONF_NAME_MAX)
		return "a host name has at most 253 bytes";
	return NULL;
}

/**
 * launch_host_parse() - Read HOST, HOST:PORT, IPv6 or [IPv6]:PORT
 * @h:		filled in, borrows @s
 * @default_port: where there is none
 *
 * Return: NULL, or what is wrong
 */
const char *launch_host_parse(struct launch_host *h, const char *s, size_t len,
			      uint16_t default_port)
{
	const char *colon = len ? memchr(s, ':', len) : NULL, *end, *wrong;

	h->port = default_port;
	if (len && *s == '[') {
		end = memchr(s, ']', len);
		if (!end || !addr_parse(s + 1, (size_t)(end - s - 1), &h->addr))
			return "no IPv6 address in the brackets";
		colon = end + 1 < s + len ? end + 1 : NULL;
		if (colon && *colon != ':')
			return "expected :PORT behind the bracket";
		wrong = read_name(h, s + 1, (size_t)(end - s - 1));
	} else if (colon && !strncmp(colon, "://", 3)) {
		return "a URL; expected HOST or HOST:PORT";
	} else if (colon &&
		   memchr(colon + 1, ':', len - (size_t)(colon + 1 - s))) {
		colon = NULL; /* an IPv6 address */
		wrong = read_name(h, s, len);
	} else {
		wrong = read_name(h, s, colon ? (size_t)(colon - s) : len);
	}
	if (!wrong && colon)
		wrong = read_port(h, colon + 1, len - (size_t)(colon + 1 - s));
	return wrong;
}
