// TLS towards upstreams: always verified, sessions reused.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "messages/result.h"

namespace pith {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

/// The last session of one upstream, kept by one I/O thread.
struct TlsSessionSlot {
  std::unique_ptr<SSL_SESSION, SslDeleter> session;
};

/// TLS 1.2 or newer, system CAs and `ca_file`, the name checked against the certificate. There is
/// no way to switch verification off. Const after creation: thread-safe.
class TlsClient {
 public:
  /// Errors: kFileUnreadable for a ca_file that holds no certificate.
  static Result<std::unique_ptr<TlsClient>> create(const std::string& ca_file);
  /// A client on the connected, non-blocking socket `fd`; `slot` must outlive it. Null when out of
  /// memory.
  SslPtr open(int fd, const std::string& host, TlsSessionSlot& slot) const;

 private:
  std::unique_ptr<SSL_CTX, SslDeleter> context_;
};

/// What is wrong after a failed handshake: "certificate verify failed: self-signed certificate".
std::string tls_problem(const SSL* ssl);

}  // namespace pith
