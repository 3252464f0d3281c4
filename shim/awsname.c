// SPDX-License-Identifier: GPL-3.0-or-later
/* awsname: is this host name an AWS endpoint?
 *
 * The suffixes are dnsSuffix and dualStackDnsSuffix of every partition in the
 * SDKs' partitions.json, `on.aws` (Lambda URLs, dual-stack ECR and others),
 * and the names of the sign-in service, which stand outside of them.
 */

#include "awsname.h"
#include "text.h"

struct suffix {
	unsigned char len;
	char text[31];
};

#define SUFFIX(s)                \
	{                        \
		sizeof(s) - 1, s \
	}

static const struct suffix suffixes[] = {
	/* aws, aws-us-gov */
	SUFFIX("amazonaws.com"),
	SUFFIX("api.aws"),
	SUFFIX("on.aws"),
	SUFFIX("signin.aws.amazon.com"),
	SUFFIX("signin.amazonaws-us-gov.com"),
	/* aws-cn */
	SUFFIX("amazonaws.com.cn"),
	SUFFIX("api.amazonwebservices.com.cn"),
	SUFFIX("signin.amazonaws.cn"),
	/* aws-eusc */
	SUFFIX("amazonaws.eu"),
	SUFFIX("api.amazonwebservices.eu"),
	/* aws-iso, -iso-b, -iso-e, -iso-f */
	SUFFIX("c2s.ic.gov"),
	SUFFIX("api.aws.ic.gov"),
	SUFFIX("sc2s.sgov.gov"),
	SUFFIX("api.aws.scloud"),
	SUFFIX("cloud.adc-e.uk"),
	SUFFIX("api.cloud-aws.adc-e.uk"),
	SUFFIX("csp.hci.ic.gov"),
	SUFFIX("api.aws.hci.ic.gov"),
};

/* @name ends in a dot and the suffix, with a label before them. */
static bool ends_in(const char *name, size_t len, const struct suffix *s)
{
	size_t dot;

	if (len < s->len + 2u)
		return false;
	dot = len - s->len - 1;
	return name[dot] == '.' && name[dot - 1] != '.' &&
	       text_equal_nocase(name + dot + 1, s->text, s->len);
}

/**
 * awsname_match() - Is it the name of an AWS endpoint?
 * @name:	host name, any case; one trailing dot is ignored
 * @len:	its length
 *
 * The bare suffix (`amazonaws.com`) is not one: nothing that an SDK calls
 * lives there.
 *
 * Return: true if so
 */
bool awsname_match(const char *name, size_t len)
{
	if (len && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ends_in(name, len, &suffixes[i]))
			return true;
	return false;
}
