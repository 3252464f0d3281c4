// SPDX-License-Identifier: GPL-3.0-or-later
/* resolve: see resolve.h */

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "lifecycle.h"
#include "report.h"
#include "resolve.h"

/* Everything that getaddrinfo(3) takes for an address: inet_aton()'s short
 * and hexadecimal forms too, and IPv6 with a scope */
static bool is_numeric(const char *name)
{
	struct in_addr in;

	return strchr(name, ':') || inet_aton(name, &in);
}

/**
 * resolve_name() - What the configuration says of a name to be resolved
 * @name:	as the program gave it
 * @port:	from resolve_service()
 * @v4, @v6:	set to the placeholders for DEST_ROUTE
 *
 * Reads the configuration if the constructor has not run yet; leaves errno
 * alone.  A denied name is logged.
 */
enum verdict resolve_name(const char *name, uint16_t port, struct addr *v4,
			  struct addr *v6)
{
	const int err = errno;
	enum verdict v = DEST_KERNEL;

	lifecycle_init();
	if (name[0] && !is_numeric(name))
		v = dest_of_name(name, port, v4, v6);
	if (v == DEST_DENY)
		report_name_denied(name);
	if (v == DEST_ROUTE)
		report_name(name, v4);
	errno = err;
	return v;
}

/**
 * resolve_service() - The port that getaddrinfo(3) was told, if we can tell
 * @service:	number, name or NULL
 *
 * Return: the port; 0 where it is not known: rules for any port count then
 */
uint16_t resolve_service(const char *service)
{
	unsigned long port = 0;

	if (!service)
		return 0;
	if (!strcmp(service, "https"))
		return 443;
	if (!strcmp(service, "http"))
		return 80;
	for (const char *s = service; *s; s++) {
		if (*s < '0' || *s > '9' || port > UINT16_MAX)
			return 0;
		port = port * 10 + (unsigned)(*s - '0');
	}
	return port > UINT16_MAX ? 0 : (uint16_t)port;
}
