#include "tests/apps/http/tls_upstream.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>

namespace pith::testing {
namespace {

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Identity make_identity(const Identity* issuer, const std::string& names) {
  static long serial = 1;
  Identity made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, made.key.get());
  const std::string name = issuer == nullptr ? "test ca " + std::to_string(serial) : "test server";
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  if (issuer == nullptr) {
    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    add_extension(certificate, signer, NID_subject_alt_name, names);
  }
  X509_sign(certificate, issuer == nullptr ? made.key.get() : issuer->key.get(), EVP_sha256());
  return made;
}

CaFile::CaFile(const Identity& ca) : path_("/tmp/pith_test_ca_XXXXXX") {
  const int fd = ::mkstemp(path_.data());
  FILE* file = ::fdopen(fd, "w");
  PEM_write_X509(file, ca.certificate.get());
  std::fclose(file);
}
CaFile::~CaFile() { ::unlink(path_.c_str()); }

std::unique_ptr<SSL_CTX, SslDeleter> make_server(const Identity& identity, int max_version) {
  std::unique_ptr<SSL_CTX, SslDeleter> context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(context.get(), identity.certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
  if (max_version != 0) {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), max_version);
    SSL_CTX_set_security_level(context.get(), 0);
  }
  static constexpr unsigned char kId[] = "test";
  SSL_CTX_set_session_id_context(context.get(), kId, 4);
  return context;
}

TlsPeer::TlsPeer(SSL_CTX* context, RawSocket& socket) : ssl_(SSL_new(context)) {
  SSL_set_fd(ssl_.get(), socket.fd());
  if (SSL_accept(ssl_.get()) != 1) ssl_.reset();
}

std::string TlsPeer::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

std::string TlsPeer::read_until(std::string_view text) {
  std::size_t at;
  while ((at = input_.find(text)) == std::string::npos) {
    char buffer[16384];
    const int got = SSL_read(ssl_.get(), buffer, sizeof(buffer));
    if (got <= 0) return {};
    input_.append(buffer, static_cast<std::size_t>(got));
  }
  std::string out = input_.substr(0, at + text.size());
  input_.erase(0, out.size());
  return out;
}

bool TlsPeer::send(std::string_view bytes) {
  return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

}  // namespace pith::testing
