"""What the service knows: tables, queries and transactions. It knows no other package of ours."""
