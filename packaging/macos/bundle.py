"""The macOS bundle: run by earmark.spec, whose names it uses."""

AUDIO = ["public.audio", "com.microsoft.waveform-audio", "public.mp3", "public.mpeg-4-audio",
         "org.xiph.flac", "org.xiph.ogg-audio", "public.aiff-audio"]  # fmt: skip

application = BUNDLE(  # noqa: F821
    folder,  # noqa: F821
    name="Earmark.app",
    icon=str(ART / "earmark.icns"),  # noqa: F821
    bundle_identifier=APP_ID,  # noqa: F821
    version=VERSION,  # noqa: F821
    info_plist={
        # Both are needed to be asked for the microphone: this text, and in a hardened, signed
        # bundle the entitlement audio-input (entitlements.plist). Without the text macOS kills
        # the program when it opens the microphone; without the entitlement it hears silence.
        "NSMicrophoneUsageDescription": "Earmark listens to the microphone to say what is playing. "
        "Nothing it hears leaves this computer.",
        "NSHighResolutionCapable": True,
        "LSMinimumSystemVersion": "14.0",  # as torch's wheels
        "LSApplicationCategoryType": "public.app-category.music",
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Sound",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": AUDIO,
            },
            {
                "CFBundleTypeName": "Earmark classifier",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Default",
                "LSItemContentTypes": [f"{APP_ID}.classifier"],  # noqa: F821
            },
        ],
        "UTImportedTypeDeclarations": [
            {
                "UTTypeIdentifier": f"{APP_ID}.classifier",  # noqa: F821
                "UTTypeDescription": "Earmark classifier",
                "UTTypeConformsTo": ["public.data"],
                "UTTypeTagSpecification": {"public.filename-extension": ["safetensors"]},
            }
        ],
    },
)
