// TLS ends for tests, with certificates made on the spot.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "apps/http/tls_client.h"
#include "tests/apps/http/raw_socket.h"

namespace pith::testing {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct Identity {
  std::unique_ptr<EVP_PKEY, KeyDeleter> key;
  std::unique_ptr<X509, KeyDeleter> certificate;
};

/// A CA when `issuer` is null; else a server's certificate for `names` ("DNS:localhost",
/// "IP:127.0.0.1").
Identity make_identity(const Identity* issuer, const std::string& names);
/// Writes the certificate as PEM to a file that lives as long as the returned path is held.
class CaFile {
 public:
  explicit CaFile(const Identity& ca);
  ~CaFile();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Server side of one TLS connection.
class TlsPeer {
 public:
  /// Shakes hands on `socket`; is_open() tells whether it worked.
  TlsPeer(SSL_CTX* context, RawSocket& socket);
  bool is_open() const { return ssl_ != nullptr; }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  std::string server_name() const;
  std::string read_until(std::string_view text);
  bool send(std::string_view bytes);
  /// close_notify; without it the end is a cut.
  void close_notify() { SSL_shutdown(ssl_.get()); }

 private:
  SslPtr ssl_;
  std::string input_;
};

std::unique_ptr<SSL_CTX, SslDeleter> make_server(const Identity& identity, int max_version = 0);

}  // namespace pith::testing
