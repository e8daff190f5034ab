"""The Vietnamese chip ID card: personal number, provinces, access key."""
