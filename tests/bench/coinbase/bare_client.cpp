#include "bench/coinbase/bare_client.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <stdexcept>

namespace bench {
namespace asio = boost::asio;
namespace http = boost::beast::http;

struct BareClient::Impl {
  asio::io_context io;
  asio::ssl::context context{asio::ssl::context::tls_client};
  asio::ssl::stream<asio::ip::tcp::socket> stream;
  boost::beast::flat_buffer buffer;
  http::request<http::string_body> request;
  http::response<http::string_body> response;

  explicit Impl(const std::string& ca_file) : stream(io, trusting(ca_file)) {}
  asio::ssl::context& trusting(const std::string& ca_file) {
    context.load_verify_file(ca_file);
    return context;
  }
};

BareClient::BareClient(std::uint16_t port, const std::string& ca_file) : impl_(std::make_unique<Impl>(ca_file)) {
  auto& stream = impl_->stream;
  stream.set_verify_mode(asio::ssl::verify_peer);
  SSL_set_tlsext_host_name(stream.native_handle(), "localhost");
  stream.next_layer().connect({asio::ip::address_v4::loopback(), port});
  stream.next_layer().set_option(asio::ip::tcp::no_delay(true));
  stream.handshake(asio::ssl::stream_base::client);
}
BareClient::~BareClient() = default;

bool BareClient::load(const std::string& request) {
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  boost::system::error_code ec;
  static_cast<void>(parser.put(asio::buffer(request), ec));
  if (ec || !parser.is_done()) return false;
  impl_->request = parser.release();
  return true;
}

bool BareClient::exchange() {
  http::write(impl_->stream, impl_->request);
  impl_->response = {};
  http::read(impl_->stream, impl_->buffer, impl_->response);
  return impl_->response.result_int() == 200;
}

const std::string& BareClient::body() const { return impl_->response.body(); }

struct BareSignature::Impl {
  EVP_PKEY* key = nullptr;
  EVP_PKEY_CTX* context = nullptr;
  unsigned char hash[32] = {1}, der[80] = {};

  explicit Impl(const std::string& pem) {
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    context = key != nullptr ? EVP_PKEY_CTX_new(key, nullptr) : nullptr;
    if (context == nullptr || EVP_PKEY_sign_init(context) != 1) throw std::runtime_error("the key can't be read");
  }
  ~Impl() {
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
  }
};

BareSignature::BareSignature(const std::string& pem) : impl_(std::make_unique<Impl>(pem)) {}
BareSignature::~BareSignature() = default;

bool BareSignature::sign() {
  std::size_t n = sizeof impl_->der;
  ++impl_->hash[0];
  return EVP_PKEY_sign(impl_->context, impl_->der, &n, impl_->hash, sizeof impl_->hash) == 1;
}

}  // namespace bench
