// Command interop checks a proof bundle of ours with Go's own transparency-log packages.
//
// Usage: interop VKEY < bundle.json; exits 1 and says why when the bundle is not accepted.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"interop/note"
	"interop/tlog"
)

type bundle struct {
	Checkpoint string `json:"checkpoint"`
	Leaves     []struct {
		Index         int64       `json:"index"`
		LeafData      string      `json:"leaf_data"`
		InclusionPath []tlog.Hash `json:"inclusion_path"`
	} `json:"leaves"`
}

func main() {
	if err := check(os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("accepted")
}

func check(vkey string) error {
	var proof bundle
	if err := json.NewDecoder(os.Stdin).Decode(&proof); err != nil {
		return err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(proof.Checkpoint), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	// tlog reads the body of a checkpoint under the first line of its own log.
	origin, body, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() {
		return fmt.Errorf("origin %q", origin)
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + body))
	if err != nil {
		return err
	}
	for _, leaf := range proof.Leaves {
		hash := tlog.RecordHash([]byte(leaf.LeafData))
		if err := tlog.CheckRecord(leaf.InclusionPath, tree.N, tree.Hash, leaf.Index, hash); err != nil {
			return fmt.Errorf("leaf %d: %w", leaf.Index, err)
		}
	}
	return nil
}
