# SPDX-License-Identifier: GPL-3.0-or-later
"""requests: upload $DATA to $PUT_URL, stream it back, print its SHA-256."""

import hashlib
import os

import requests


def main() -> None:
    with requests.Session() as session:
        with open(os.environ["DATA"], "rb") as file:
            session.put(os.environ["PUT_URL"], data=file).raise_for_status()
        digest = hashlib.sha256()
        with session.get(os.environ["GET_URL"], stream=True) as answer:
            answer.raise_for_status()
            for piece in answer.iter_content(10_000):
                digest.update(piece)
        print(digest.hexdigest())


main()
