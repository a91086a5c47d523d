"""Seed 003, «auth»: login, logout, refresh, and which token opens what."""

from __future__ import annotations

import time

import jwt
import pytest
from tests.contract.jobserver.conftest import Cast, OpenSite
from tests.contract.jobserver.shapes import COUNT, JWT, UNAUTHORIZED, USER, error, expect, invalid
from tests.support.jobserver import person
from tests.support.site import PASSWORD


async def test_login_gives_a_token_as_answer_and_as_cookie(cast: Cast) -> None:
    answer = await cast.nobody.post("/auth/login", {"email": cast.account.email, "password": PASSWORD})
    known = expect(
        answer,
        200,
        {
            "success": True,
            "token": JWT.saved_as("token"),
            "user": {"id": USER, "email": cast.account.email, "role": "admin"},
            "expiresIn": "24h",
        },
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"auth_token={known['token']};")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    by_cookie = cast.nobody.having(Cookie=f"auth_token={known['token']}")
    assert (await by_cookie.get("/jobs/list")).status == 200


async def test_the_cookie_is_secure_behind_https(cast: Cast) -> None:
    body = {"email": cast.account.email, "password": PASSWORD}
    answer = await cast.nobody.post("/auth/login", body, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize(("known", "password"), [(True, "wrong"), (False, PASSWORD)])
async def test_wrong_credentials_are_told_in_the_words_of_the_text(
    cast: Cast, known: bool, password: str
) -> None:
    email = cast.account.email if known else "nobody@example.com"
    expect(
        await cast.nobody.post("/auth/login", {"email": email, "password": password}),
        401,
        error("Invalid credentials", "Email or password incorrect", "INVALID_CREDENTIALS"),
    )


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"password": "x"}, invalid("email is required", email="is required")),
        (
            {},
            invalid("email is required; password is required", email="is required", password="is required"),
        ),
        (
            {"email": 5, "password": "x"},
            invalid("email must be a string", email="must be a string"),
        ),
        ([], invalid("The request body must be a JSON object")),
    ],
)
async def test_a_login_names_what_is_missing(cast: Cast, body: object, answer: object) -> None:
    expect(await cast.nobody.post("/auth/login", body), 400, answer)


async def test_a_logout_ends_this_session_and_no_other(cast: Cast) -> None:
    one, two = [await cast.nobody.login(cast.account.email) for _ in range(2)]
    answer = await one.post("/auth/logout")
    expect(answer, 200, {"success": True, "message": "Logged out successfully"})
    assert 'auth_token=""' in answer.headers["Set-Cookie"]
    expect(await one.get("/jobs/list"), 401, UNAUTHORIZED)
    expect(await one.post("/auth/refresh"), 401, UNAUTHORIZED)
    expect(await one.post("/auth/logout"), 401, UNAUTHORIZED)
    assert (await two.get("/jobs/list")).status == 200


async def test_refresh_gives_a_new_token_of_the_session(cast: Cast) -> None:
    one = await cast.nobody.login(cast.account.email)
    known = expect(await one.post("/auth/refresh"), 200, {"success": True, "token": JWT.saved_as("token")})
    again = cast.nobody.having(Authorization=f"Bearer {known['token']}")
    assert (await again.get("/jobs/list")).status == 200
    await again.post("/auth/logout")
    assert (await one.get("/jobs/list")).status == 401


async def test_a_token_that_we_did_not_write_opens_nothing(cast: Cast) -> None:
    token = (cast.admin.headers["Authorization"]).removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    forged = jwt.encode(claims, "another-key-of-at-least-32-characters", algorithm="HS256")
    unsigned = jwt.encode(claims, "", algorithm="none")
    expired = jwt.encode({**claims, "exp": int(time.time()) - 60}, "x" * 40, algorithm="HS256")
    for bad in (forged, unsigned, expired, "eyJ", "", "täglich"):
        expect(await cast.nobody.having(Authorization=f"Bearer {bad}").get("/jobs/list"), 401, UNAUTHORIZED)


async def test_users_and_admins_of_one_account(cast: Cast, open_site: OpenSite) -> None:
    email = (await person(open_site.site.record_url, role="user", account_id=cast.account.account_id)).email
    answer = await cast.nobody.post("/auth/login", {"email": email.upper(), "password": PASSWORD})
    assert answer.body["user"] == {**answer.body["user"], "email": email, "role": "user"}


async def test_guessing_is_slowed(cast: Cast) -> None:
    body = {"email": cast.account.email, "password": "guess"}
    answers = [await cast.nobody.post("/auth/login", body) for _ in range(7)]
    statuses = [answer.status for answer in answers]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    expect(
        answers[-1],
        429,
        error("Too Many Requests", "Rate limit exceeded", "RATE_LIMITED", retryAfter=COUNT),
    )
    assert int(answers[-1].headers["Retry-After"]) >= 1
    # Not even with the right one, and what is open already stays open.
    right = await cast.nobody.post("/auth/login", {**body, "password": PASSWORD})
    assert right.status == 429
    assert (await cast.admin.get("/jobs/list")).status == 200
