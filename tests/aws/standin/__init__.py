# SPDX-License-Identifier: GPL-3.0-or-later
"""A small AWS stand-in for tests: STS, KMS, S3 and IMDSv2 on one address.

It computes every answer it gives (ciphertexts really decrypt, hashes and
signatures are really checked) so that a client which gets the right result
has really spoken to it. Standard library only. See ../README.md.
"""
