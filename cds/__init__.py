"""The application: what joins chart, knowledge and engine, and speaks to the outside.

    decision -> guard -> log -> cards -> hooks -> cli        (each layer imports only those before it)

Use the packages below this one; nothing is exported here.
"""

__all__: list[str] = []
