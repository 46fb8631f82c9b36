# shellcheck shell=sh
# Lists what is in an ext2/3/4 file system, by debugfs alone: no mount, no root (sourced by
# check-grown.sh). FS is a file, or FILE?offset=BYTES, as e2fsprogs takes it.

# manifest FS DIR: writes into the new folder DIR
#   files     one line per path: type, mode, owner, times, links, size, attributes
#   links     one line per symlink: path, target
#   content   one line per regular file: SHA-256, path
#   trouble   what debugfs complained of; empty when all could be read
manifest() {
    mkdir "$2" "$2/tree"
    manifest_walk "$1" "$2" 2>"$2/stderr"
    manifest_inodes "$1" "$2" 2>>"$2/stderr"
    debugfs -R "rdump / $2/tree" "$1" >>"$2/stderr" 2>&1
    grep -v -e '^debugfs [0-9]' -e 'while changing ownership' "$2/stderr" >"$2/trouble" || :
    (
        cd "$2/tree" || exit 1
        find . -type l -printf '%P -> %l\n' | sort >../links
        find . -type f -print0 | sort -z | xargs -0 -r sha256sum >../content
    )
    chmod -R u+rwX "$2/tree"
    rm -rf "$2/tree"
}

# manifest_walk FS DIR: writes DIR/paths, one line `inode path` per name, a level of folders at a time.
manifest_walk() {
    echo '2 .' >"$2/level"
    cp "$2/level" "$2/paths"
    while [ -s "$2/level" ]; do
        awk '{ print "ls -p <" $1 ">" }' "$2/level" | debugfs -f - "$1" >"$2/listing"
        awk -F / '
            NR == FNR { inode = $0; sub(/ .*/, "", inode); sub(/^[0-9]* /, ""); folder[inode] = $0; next }
            /^debugfs: ls/ { at = $0; gsub(/[^0-9]/, "", at); next }
            /^\// && $6 != "." && $6 != ".." { print $2, folder[at] "/" $6, substr($3, 1, 2) }
        ' "$2/level" "$2/listing" >"$2/found"
        sed 's/ [0-9]*$//' "$2/found" >>"$2/paths"
        sed -n 's/ 04$//p' "$2/found" >"$2/level"
    done
}

# manifest_inodes FS DIR: writes DIR/files: what debugfs says of each inode, on the line of each path.
# Hard links name the first path of their inode. A folder's size may change when it is checked.
manifest_inodes() {
    sort -u -n -k 1,1 "$2/paths" | awk '{ print "stat <" $1 ">" }' | debugfs -f - "$1" >"$2/stats"
    sort -k 2 "$2/paths" | awk '
        function field(name, pattern) {
            if (match($0, name ": *" pattern)) said[inode] = said[inode] " " substr($0, RSTART, RLENGTH)
        }
        FNR == 1 { file++ }
        file == 1 && /^debugfs: stat/ { inode = $0; gsub(/[^0-9]/, "", inode); attributes = 0; next }
        file == 1 && /^Inode:/ {
            folder = /Type: directory/
            field("Type", "[a-z]+( special)?"); field("Mode", "[0-7]+")
            if (!folder) field("Flags", "0x[0-9a-f]+")
        }
        file == 1 && /^User:/ {
            field("User", "[0-9]+"); field("Group", "[0-9]+"); field("Project", "[0-9]+")
            if (!folder) field("Size", "[0-9]+")
        }
        file == 1 && /^Generation:/ { field("Generation", "[0-9]+") }
        file == 1 && /^Links:/ { field("Links", "[0-9]+") }
        file == 1 && /^ *(mtime|crtime):/ { sub(/ --.*/, ""); said[inode] = said[inode] $0 }
        file == 1 && /^(Fast link dest|Device major)/ { said[inode] = said[inode] " " $0 }
        file == 1 && /^(EXTENTS|BLOCKS|Inode checksum|Size of extra)/ { attributes = 0 }
        file == 1 && attributes { said[inode] = said[inode] " " $0 }
        file == 1 && /^Extended attributes:/ { attributes = 1 }
        file == 2 {
            inode = $1; sub(/^[0-9]* /, "")
            if (inode in first) same = " same as " first[inode]; else { first[inode] = $0; same = "" }
            print $0 ":" said[inode] same
        }
    ' "$2/stats" - >"$2/files"
}
