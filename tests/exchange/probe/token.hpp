// Tokens as a client of Coinbase makes them, from a key file.
#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;

namespace venue_probe {

struct Key {
  std::string name;
  std::shared_ptr<evp_pkey_st> key;
  bool p256 = true;
};
/// Ends the process, with a word, where there is no such key.
Key read_key(const std::string& path);
/// `uri` "" for a stream's token. `shift_s` moves the token's times.
std::string token(const Key& key, const std::string& uri, long shift_s = 0);
std::string base64(const std::string& bytes, bool url);

}  // namespace venue_probe
