#include "loader/mapped_object.hpp"

#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <optional>
#include <utility>

namespace bowline::loader {
namespace {

struct Origin {
  std::string device;
  std::uint64_t inode = 0;
  bool operator==(const Origin&) const = default;
};

// Reads /proc/self/maps once and gives the origin of two addresses.
std::pair<std::optional<Origin>, std::optional<Origin>> origins(const void* a, const void* b) {
  std::pair<std::optional<Origin>, std::optional<Origin>> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line) && !(found.first && found.second);) {
    std::uintptr_t begin = 0, end = 0;
    char device[32] = {};
    std::uint64_t inode = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %*4s %*x %31s %" SCNu64, &begin, &end, device,
                    &inode) != 4)
      continue;
    const auto inside = [&](const void* p) {
      const auto at = reinterpret_cast<std::uintptr_t>(p);
      return at >= begin && at < end;
    };
    if (inside(a)) found.first = Origin{device, inode};
    if (inside(b)) found.second = Origin{device, inode};
  }
  return found;
}

}  // namespace

MappedObject MappedObject::of(const void* address) {
  struct Search {
    std::uintptr_t address;
    MappedObject object;
  } search{reinterpret_cast<std::uintptr_t>(address), {}};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        auto& s = *static_cast<Search*>(context);
        MappedObject candidate;
        bool hit = false;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr)& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD) continue;
          const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
          const std::uintptr_t end = begin + segment.p_memsz;
          hit = hit || (s.address >= begin && s.address < end);
          candidate.segments_.push_back({begin, end, (segment.p_flags & PF_X) != 0});
        }
        if (!hit) return 0;
        s.object = std::move(candidate);
        return 1;
      },
      &search);
  return std::move(search.object);
}

bool MappedObject::holds(const void* p, std::uint64_t size) const noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(p);
  for (const Segment& s : segments_)
    if (at >= s.begin && at <= s.end && size <= s.end - at) return true;
  return false;
}

bool MappedObject::holds_code(const void* p) const noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(p);
  for (const Segment& s : segments_)
    if (s.code && at >= s.begin && at < s.end) return true;
  return false;
}

bool mapped_from(const void* address, int fd, const std::filesystem::path& path) {
  void* probe = ::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, fd, 0);
  if (probe != MAP_FAILED) {
    const auto [ours, theirs] = origins(probe, address);
    ::munmap(probe, 1);
    if (ours && theirs) return *ours == *theirs && ours->inode != 0;
  }
  // No /proc: the path lies in a directory that only this user can write to, so asking by name is the next
  // best.
  struct stat by_fd {
  }, by_name{};
  return ::fstat(fd, &by_fd) == 0 && ::stat(path.c_str(), &by_name) == 0 && by_fd.st_dev == by_name.st_dev &&
         by_fd.st_ino == by_name.st_ino;
}

std::filesystem::path loaded_library(const std::string& soname) {
  struct Search {
    const std::string& soname;
    std::filesystem::path found;
  } search{soname, {}};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        auto& s = *static_cast<Search*>(context);
        const std::filesystem::path name(info->dlpi_name == nullptr ? "" : info->dlpi_name);
        if (name.filename() != s.soname) return 0;
        s.found = name;
        return 1;
      },
      &search);
  return search.found;
}

}  // namespace bowline::loader
