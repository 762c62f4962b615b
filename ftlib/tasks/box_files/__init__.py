"""Pictures of one's own with boxes around objects: COCO json, Pascal VOC xml, YOLO txt."""
