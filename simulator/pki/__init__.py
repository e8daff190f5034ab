"""The issuing side: country signing CA, document signer and the signatures they make."""
