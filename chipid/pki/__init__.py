"""Certificates, CMS SignedData and the way from a Document Signer to its CSCA."""
