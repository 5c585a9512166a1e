"""People's accounts: what they change themselves (name, time zone, API token) and what staff may do
with them. Signing in and up, passwords and e-mail addresses are allauth's.

It stands above remixer, consent and library, because the account page shows the space that the
library counts and the admin page of a creator opts out and turns off by services of consent. Only
operations, which opens accounts for the demo, stands above it. The row itself, User, is in
creatorhub.models, where every app can reach it.
"""
