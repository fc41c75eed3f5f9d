// What the broker's round trip is held against: the bytes of an order and of its answer exchanged by Beast over a kept TLS connection,
// blocking and with nothing in between, and one P-256 signature with all that can be made ready before.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace bench {

class BareClient {
 public:
  /// Connects to 127.0.0.1 and shakes hands; throws where that fails.
  BareClient(std::uint16_t port, const std::string& ca_file);
  ~BareClient();
  /// The whole text of a request, to be sent next. False: it is none.
  bool load(const std::string& request);
  /// Sends it and reads the reply; false: its status is not 200.
  bool exchange();
  /// The body of the last reply.
  const std::string& body() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Signs 32 bytes with the key of that PEM text.
class BareSignature {
 public:
  explicit BareSignature(const std::string& pem);
  ~BareSignature();
  bool sign();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bench
