"""The local cloud: what stands behind `make up`, `make down`, `make invoke` and `make logs`."""
